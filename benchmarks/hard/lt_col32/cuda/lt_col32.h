#pragma once

#include <cstdint>

// A quantised layer: out[i][j] = clamp(round((sum over l of x[i][l] * w[j][l]) * scale[j]), -128, 127), ties to even,
// with x m x k, w n x k and out m x n, all row-major; k and n are multiples of 32. Returns 0 on success.
int quantised_layer(const int8_t* x, const int8_t* w, const float* scale, int8_t* out, int m, int n, int k);
