#pragma once

// Blocks of 32 numbers as 4-bit floats (e2m1: a sign, then 0, 0.5, 1, 1.5, 2, 3, 4, 6) times a power of two: scales[b]
// is the exponent plus 127 that brings the largest of the block to at least 4 and below 8, within 1 to 254; 127 for a
// block of zeros. Numbers are rounded to the nearest, to an even code from the middle; what is larger than 6 becomes 6.
// Two codes make a byte, that of the even place in its low half. All numbers are finite; n is a multiple of 32.
int pack(const float *in, int n, unsigned char *codes, unsigned char *scales);
