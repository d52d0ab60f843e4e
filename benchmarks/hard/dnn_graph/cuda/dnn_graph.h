#pragma once

// For each of `batch` problems: out = elu(a * b, alpha) with row-major a (m x k), b (k x n), out (m x n); elu(v, alpha)
// is v where v > 0 and alpha * (exp(v) - 1) elsewhere. b is shared by all problems. Returns 0 on success.
int dense_elu(const float* a, const float* b, float alpha, float* out, int batch, int m, int n, int k);
