#pragma once

// out[i] = a[i] * b[i] + c[i] of unsigned integers of 256 bits, as 512 bits. Limbs of 32 bits, lowest first, numbers
// one after the other.
int multiply_add(const unsigned *a, const unsigned *b, const unsigned *c, unsigned *out, int n);
