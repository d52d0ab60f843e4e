#pragma once

#include <vector>

// A sparse matrix in slices of `height` rows. Slice s holds, column by column of its padded rectangle, the entries
// offsets[s] .. offsets[s + 1] of `columns` and `values`: the j-th entry of the slice's row r is at
// offsets[s] + j * height + r. A column of -1 is padding. The last slice is padded to `height` rows as well.
struct SlicedEll {
  int rows;
  int width;  // columns of the matrix
  int height;
  int entries;  // without padding
  std::vector<int> offsets;
  std::vector<int> columns;
  std::vector<float> values;
};

// y = alpha * |A x| + beta * y, the size of each element of A x. Returns 0 on success.
int magnitude(const SlicedEll& a, float alpha, const std::vector<float>& x, float beta, std::vector<float>& y);
