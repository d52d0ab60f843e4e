#include <cmath>
#include <cstdio>
#include <vector>

#include "blas_xt.h"

static bool check(int n, int k, int m) {
  // y = x * s with a symmetric s of k x k makes x * y^T symmetric.
  std::vector<float> x(n * k), y(n * k, 0.0f), z(n * m), g(n * n, 77.0f), out(n * m, NAN);
  for (int i = 0; i < n * k; ++i) x[i] = static_cast<float>(i * 7 % 15 - 7) / 4;
  for (int c = 0; c < k; ++c)
    for (int l = 0; l < k; ++l)
      for (int i = 0; i < n; ++i) y[c * n + i] += x[l * n + i] * static_cast<float>((c + l) * 3 % 5 - 2);
  for (int i = 0; i < n * m; ++i) z[i] = i % 13 == 4 ? NAN : static_cast<float>(i % 9 - 4) / 2;
  if (const int code = lower_product(x.data(), y.data(), z.data(), g.data(), out.data(), n, k, m)) {
    std::printf("failed with %d\n", code);
    return false;
  }
  std::vector<double> wanted(n * m, 0.0);
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < n; ++i) {
      double sum = 0;
      for (int l = 0; l < k; ++l) sum += double(x[l * n + i]) * y[l * n + j];
      const double expected = i >= j ? sum : 77;
      if (!(std::fabs(g[j * n + i] - expected) <= 1e-3)) {
        std::printf("g %d, %d is %g, not %g\n", i, j, g[j * n + i], expected);
        return false;
      }
      if (i < j) continue;
      for (int c = 0; c < m; ++c)
        if (!std::isnan(z[c * n + j])) wanted[c * n + i] += sum * z[c * n + j];
    }
  for (int i = 0; i < n * m; ++i)
    if (!(std::fabs(out[i] - wanted[i]) <= 1e-2)) {
      std::printf("out %d is %g, not %g\n", i, out[i], wanted[i]);
      return false;
    }
  return true;
}

int main() {
  if (!check(12, 5, 7) || !check(33, 3, 1) || !check(1, 2, 4)) return 1;
  std::printf("PASS\n");
  return 0;
}
