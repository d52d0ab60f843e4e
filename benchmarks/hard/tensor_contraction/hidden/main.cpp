#include <cmath>
#include <cstdio>
#include <vector>

#include "tensor_contraction.h"

static bool check(const Extents& e, float alpha, float beta) {
  std::vector<float> a(e.m * e.h * e.k * e.n), b(e.u * e.k * e.v * e.h), c(e.m * e.u * e.n * e.v), d(c.size(), NAN);
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(static_cast<int>(i * 7 % 23) - 11) / 8;
  for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(static_cast<int>(i * 5 % 19) - 9) / 4;
  for (size_t i = 0; i < c.size(); ++i) c[i] = static_cast<float>(static_cast<int>(i * 3 % 13) - 6);
  if (const int code = contract(e, alpha, a.data(), b.data(), beta, c.data(), d.data())) {
    std::printf("failed with %d\n", code);
    return false;
  }
  for (int m = 0; m < e.m; ++m)
    for (int u = 0; u < e.u; ++u)
      for (int n = 0; n < e.n; ++n)
        for (int v = 0; v < e.v; ++v) {
          double sum = 0;
          for (int h = 0; h < e.h; ++h)
            for (int k = 0; k < e.k; ++k)
              sum += double(a[((m * e.h + h) * e.k + k) * e.n + n]) * b[((u * e.k + k) * e.v + v) * e.h + h];
          const size_t at = ((size_t(m) * e.u + u) * e.n + n) * e.v + v;
          const double wanted = alpha * sum + beta * c[at];
          if (!(std::fabs(d[at] - wanted) <= 1e-3)) {
            std::printf("element %d, %d, %d, %d is %g, not %g\n", m, u, n, v, d[at], wanted);
            return false;
          }
        }
  return true;
}

int main() {
  if (!check({4, 5, 3, 7, 6, 2}, 1.0f, 0.0f) || !check({1, 9, 8, 2, 3, 11}, -0.5f, 2.0f)) return 1;
  std::printf("PASS\n");
  return 0;
}
