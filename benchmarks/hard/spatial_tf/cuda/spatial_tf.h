#pragma once

// Warps each image of a batch (batch x channels x height x width, row by row) by its affine map theta (2 x 3):
// output pixel (row, column) lies at x = -1 + 2 * column / (width - 1) and y likewise with rows; it takes what stands in
// the input at (theta[0] x + theta[1] y + theta[2], theta[3] x + theta[4] y + theta[5]) in the same coordinates, between
// pixels by bilinear interpolation; pixels outside of the image count as zero. width and height are at least 2.
// Returns 0 on success.
int warp_images(const float* images, const float* theta, float* out, int batch, int channels, int height, int width);
