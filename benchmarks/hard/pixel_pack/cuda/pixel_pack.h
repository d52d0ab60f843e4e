#pragma once

// Pixels of luma y and chroma u, v (one of each for two neighbours of a row; width is even) as r | g << 8 | b << 16 |
// 255 << 24. With c = 298 * (y - 16) + 128, d = u - 128, e = v - 128:
//   r = (c + 409 * e) >> 8, g = (c - 100 * d - 208 * e) >> 8, b = (c + 516 * d) >> 8
// shifted arithmetically, and what is below 0 or above 255 becomes that.
int to_rgb(const unsigned char *y, const unsigned char *u, const unsigned char *v, unsigned *out, int width, int height);
