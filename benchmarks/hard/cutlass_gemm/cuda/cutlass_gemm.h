#pragma once

// out = max(0, alpha * A * B^T + beta * C) where A is m x k, B is n x k, C and out are m x n, all row-major, and the rows
// of A start `lda` elements apart (lda >= k). Returns 0 on success.
int project(const float* a, int lda, const float* b, const float* c, float* out, int m, int n, int k, float alpha,
            float beta);
