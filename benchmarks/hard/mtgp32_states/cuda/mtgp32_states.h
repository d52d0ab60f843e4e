#pragma once

#include <cstdint>

// Estimates the integral of f(x) = exp(-x * x / 2) over [0, 2) from `samples` uniform points in each of `blocks` groups;
// groups draw from independent streams. sums[g] receives the mean of f over the group's points times 2. The same seed
// gives the same answer again, another seed another one. samples is a multiple of 256. Returns 0 on success.
int integrate(uint64_t seed, int blocks, int samples, float* sums);
