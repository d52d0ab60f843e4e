#pragma once

#include <cstddef>

// out[i] = x[0] + ... + x[i] for i < n, by doubling steps with two buffers that come from one arena of `room`
// bytes. `most` receives the most bytes of the arena that were in use at once; buffers start at multiples of 256 bytes.
// Returns 0 on success and 1 where the arena is too small, in which case nothing is written.
int prefix_sums(const float* x, float* out, int n, size_t room, size_t* most);
