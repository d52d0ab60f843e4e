#pragma once

// d[m][u][n][v] = alpha * sum over h, k of a[m][h][k][n] * b[u][k][v][h] + beta * c[m][u][n][v]; the last index is the one
// that neighbours share in memory. Extents are those of the indices' names. Returns 0 on success.
struct Extents {
  int m, n, u, v, h, k;
};

int contract(const Extents& e, float alpha, const float* a, const float* b, float beta, const float* c, float* d);
