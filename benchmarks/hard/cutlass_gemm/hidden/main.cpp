#include <cmath>
#include <cstdio>
#include <vector>

#include "cutlass_gemm.h"

static bool check(int m, int n, int k, int lda, float alpha, float beta) {
  std::vector<float> a(m * lda, 1e6f), b(n * k), c(m * n), out(m * n, NAN);
  for (int i = 0; i < m; ++i)
    for (int l = 0; l < k; ++l) a[i * lda + l] = static_cast<float>((i * 5 + l * 3) % 17 - 8) / 8;
  for (int i = 0; i < n * k; ++i) b[i] = static_cast<float>(i * 11 % 19 - 9) / 4;
  for (int i = 0; i < m * n; ++i) c[i] = static_cast<float>(i * 7 % 13 - 6);
  if (const int code = project(a.data(), lda, b.data(), c.data(), out.data(), m, n, k, alpha, beta)) {
    std::printf("failed with %d\n", code);
    return false;
  }
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int l = 0; l < k; ++l) sum += double(a[i * lda + l]) * b[j * k + l];
      const double wanted = std::fmax(0.0, alpha * sum + beta * c[i * n + j]);
      if (!(std::fabs(out[i * n + j] - wanted) <= 1e-3)) {
        std::printf("%d x %d x %d: element %d, %d is %g, not %g\n", m, n, k, i, j, out[i * n + j], wanted);
        return false;
      }
    }
  return true;
}

int main() {
  if (!check(33, 20, 17, 24, 1.0f, 0.5f) || !check(5, 40, 64, 64, -0.75f, 1.0f) || !check(16, 1, 9, 11, 2.0f, 0.0f))
    return 1;
  std::printf("PASS\n");
  return 0;
}
