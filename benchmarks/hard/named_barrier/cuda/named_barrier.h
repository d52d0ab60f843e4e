#pragma once

// sums[s] is the sum over segment s of table[code & 255] * weight of each of its elements, modulo 2^32; segments hold
// `length` elements and lie one after the other.
int segment_sums(const unsigned char *codes, const unsigned *weights, const unsigned *table, unsigned *sums,
                 int segments, int length);
