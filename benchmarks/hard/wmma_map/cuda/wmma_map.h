#pragma once

// out = scale[i] * (a b)[i][j] + shift[j], and lowest[i] is the least element of row i of out. a is m x k, b is k x n,
// out is m x n, row after row; m and k are multiples of 16, n is 32. a and b are rounded to half precision first.
int scaled_product(const float *a, const float *b, const float *scale, const float *shift, float *out, float *lowest,
                   int m, int k);
