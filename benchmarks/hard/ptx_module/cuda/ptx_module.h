#pragma once

// out[i] = the bits of in[i] turned by i positions to the left (i modulo 32), plus the high word of in[i] * key, or,
// where in[i] is odd, minus it; modulo 2^32.
int scramble(const unsigned *in, unsigned *out, int n, unsigned key);
