#pragma once

#include <cstdint>

// out = V exp(-t L) V^T, the heat kernel of a symmetric n x n matrix A = V L V^T, column by column. Only the lower
// triangle of `a` (which holds n columns that start `lda` elements apart) is read. out is n x n without gaps.
// Returns 0 on success.
int heat_kernel(const double* a, int64_t n, int64_t lda, double t, double* out);
