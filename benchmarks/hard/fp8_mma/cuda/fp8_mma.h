#pragma once

// c = a b, rows of a times columns of b: a is m x k, row after row, b is k x n, column after column, c is m x n, row
// after row. Elements of a and b are fp8 as in the OCP's e4m3 format: a sign, 4 bits of exponent (bias 7), 3 of mantissa;
// no infinities, 0x7f and 0xff are NaN. m is a multiple of 16, n of 8, k of 32; sums are single precision.
int multiply_fp8(const unsigned char *a, const unsigned char *b, float *c, int m, int n, int k);
