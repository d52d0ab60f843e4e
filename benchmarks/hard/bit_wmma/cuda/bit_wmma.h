#pragma once

// out[i * n + j] is the number of bits in which code i of a and code j of b differ. A code is `bits` bits in words of
// 32; bits is a multiple of 128, m and n are multiples of 8.
int hamming(const unsigned *a, const unsigned *b, int *out, int m, int n, int bits);
