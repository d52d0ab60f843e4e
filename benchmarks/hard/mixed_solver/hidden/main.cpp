#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "mixed_solver.h"

static bool check(int n, double shrink) {
  std::vector<double> a(n * n), b(n, 0.0), x(n, NAN), wanted(n);
  for (int j = 0; j < n; ++j) {
    wanted[j] = (j * 5 % 13 - 6) / 3.0;
    for (int i = 0; i < n; ++i) a[j * n + i] = ((i * 17 + j * 29) % 31 - 15) / 16.0 + (i == (j + 3) % n ? 9 : 0);
    for (int i = 0; i < n; ++i) a[j * n + i] *= std::pow(shrink, j % 4);
  }
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < n; ++i) b[i] += a[j * n + i] * wanted[j];
  const std::vector<double> before = a;
  double residual = NAN, expected = 0;
  if (const int code = solve(a.data(), b.data(), x.data(), n, &residual)) {
    std::printf("failed with %d\n", code);
    return false;
  }
  for (int i = 0; i < n; ++i) {
    double left = b[i];
    for (int j = 0; j < n; ++j) left -= before[j * n + i] * x[j];
    expected = std::max(expected, std::fabs(left));
    if (!(std::fabs(x[i] - wanted[i]) <= 1e-8)) {
      std::printf("n = %d: unknown %d is %.12g, not %.12g\n", n, i, x[i], wanted[i]);
      return false;
    }
  }
  if (a != before || !(std::fabs(residual - expected) <= 1e-11)) {
    std::printf("n = %d: residual %g, not %g, or the matrix was changed\n", n, residual, expected);
    return false;
  }
  return true;
}

int main() {
  if (!check(24, 1.0) || !check(70, 0.5) || !check(1, 1.0)) return 1;
  const double flat[4] = {1, 2, 2, 4}, right[2] = {1, 1};
  double x[2], residual;
  if (solve(flat, right, x, 2, &residual) != 1) {
    std::printf("a singular matrix is not reported\n");
    return 1;
  }
  std::printf("PASS\n");
  return 0;
}
