#pragma once

#include <cstdint>

// A grey picture of height x width bytes, row by row. Steps, each on the result of the one before:
// 1. box: the mean of the 3 x 3 pixels around each pixel, pixels beyond the border being copies of the nearest one
//    inside, cut to a whole number (towards zero);
// 2. the size of the difference to the original picture;
// 3. multiplied by `gain` (at least 1), divided by 2 to the power of `shift` and rounded to the nearest whole number,
//    halves away from zero; more than 255 becomes 255;
// 4. 255 where that is more than `level`, 0 elsewhere.
// Returns 0 on success.
int edges(const uint8_t* picture, uint8_t* out, int height, int width, int gain, int shift, int level);
