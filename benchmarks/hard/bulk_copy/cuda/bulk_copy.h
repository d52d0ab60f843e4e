#pragma once

// Each tile of 1024 numbers is turned around and mixed with its own first number: out[i] = in[1023 - i] ^ in[0] * i,
// all within the tile. n is a multiple of 1024.
int mix_tiles(const unsigned *in, unsigned *out, int n);
