#pragma once

// y = A x for a matrix of `rows` rows in CSR form: the entries of row r are offsets[r] .. offsets[r + 1].
// Returns 0, or the runtime's error code.
int sparse_multiply(const int *offsets, const int *columns, const int *values, int rows, const int *x, int columns_of_a,
                    long long *y);
