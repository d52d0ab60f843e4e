#pragma once

// out[y][x] = 8 * in[y][x] - the sum of its eight neighbours, of which those outside of the picture count as 0. A
// picture has `height` rows of `width` integers; width is a multiple of 4.
int edges(const int *in, int *out, int width, int height);
