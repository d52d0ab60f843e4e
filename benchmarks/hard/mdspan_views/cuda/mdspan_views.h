#pragma once

// A colour picture of height x width pixels with 3 interleaved channels (rgb of a pixel follow each other) becomes 3
// planes, each column by column: planes[channel][column * height + row] is the mean of the pixels that lie within one
// step of (row, column) in the same row or the same column, itself included; neighbours outside do not count.
// Returns 0 on success.
int split_smooth(const float* picture, float* planes, int height, int width);
