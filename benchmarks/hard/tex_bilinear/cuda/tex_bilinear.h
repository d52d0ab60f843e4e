#pragma once

// out[v][u], outwidth x outheight, is the picture at (x, y) = m * (u + 0.5, v + 0.5, 1), in units of the whole picture:
// m holds two rows of three numbers. Between the centres of pixels, ((i + 0.5) / width, (j + 0.5) / height), the value
// is interpolated linearly (weights may be rounded to 1/256). Across, the picture is mirrored at its borders; below and
// above it, the nearest row counts.
int warp_picture(const float *in, int width, int height, const float *m, float *out, int outwidth, int outheight);
