#pragma once

#include <vector>

// A square sparse matrix with a symmetric pattern and a full diagonal, in CSR with columns ascending in each row.
struct Csr {
  int n;
  std::vector<int> starts;
  std::vector<int> columns;
  std::vector<float> values;
};

// Orders the unknowns to lower the bandwidth (by the reverse Cuthill-McKee method, from an end of the graph), applies the
// permuted matrix to the permuted x, and gives y = A x in the original order. order[i] is the old number of the new
// unknown i; `bandwidth` becomes the largest |i - j| of the permuted matrix. Returns 0 on success.
int ordered_product(const Csr& a, const std::vector<float>& x, std::vector<float>& y, std::vector<int>& order,
                    int& bandwidth);
