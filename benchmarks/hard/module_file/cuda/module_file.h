#pragma once

// Filters a signal of n samples; beyond its ends the signal goes on with its first and last sample.
// "convolve": out[i] = sum over d = -radius .. radius of weights[radius + d] * in[i + d], with radius at most 3.
// "middle": the median of in[i - 1], in[i], in[i + 1]; radius and weights are not used.
// Returns 0, -1 for an unknown filter, and other codes on failure.
int filter_signal(const char* name, const float* weights, int radius, const float* in, float* out, int n);
