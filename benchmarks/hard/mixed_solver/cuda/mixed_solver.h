#pragma once

// Solves A x = b in double precision; `a` is n x n, column by column, and stays as it is. `residual` receives the
// largest component of |b - A x|. Returns 0 on success, 1 if A is singular, and other codes on failure.
int solve(const double* a, const double* b, double* x, int n, double* residual);
