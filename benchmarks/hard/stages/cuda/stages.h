#pragma once

// out[i] is the sum of in[i] .. in[i + window - 1] for 0 <= i <= n - window, modulo 2^32; window is at most 128.
int sliding_sums(const unsigned *in, unsigned *out, int n, int window);
