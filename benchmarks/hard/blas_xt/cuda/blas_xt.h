#pragma once

#include <cstddef>

// Column by column: g is the lower triangle of n x n, with g = x * y^T where x and y are n x k and x * y^T is symmetric;
// then out = L * z with L that lower triangle (diagonal included) and z n x m; entries above the diagonal of g stay as
// they are. Entries of z that are not numbers count as 0. Returns 0 on success.
int lower_product(const float* x, const float* y, const float* z, float* g, float* out, size_t n, size_t k, size_t m);
