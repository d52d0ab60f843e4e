#include <cmath>
#include <cstdio>
#include <vector>

#include "spectral_xsyevd.h"

using Matrix = std::vector<double>;

static Matrix times(const Matrix& a, const Matrix& b, int n) {
  Matrix c(n * n, 0.0);
  for (int j = 0; j < n; ++j)
    for (int k = 0; k < n; ++k)
      for (int i = 0; i < n; ++i) c[j * n + i] += a[k * n + i] * b[j * n + k];
  return c;
}

static bool check(int n, int lda, double t) {
  std::vector<double> a(n * lda, NAN);
  Matrix scaled(n * n);
  for (int j = 0; j < n; ++j)
    for (int i = j; i < n; ++i) {
      const double value = (i * 7 + j * 3) % 11 * 0.2 - 1 + (i == j ? 0.3 * i : 0);
      a[j * lda + i] = value;
      scaled[j * n + i] = scaled[i * n + j] = -t * value / 1024;
    }
  for (int j = 0; j < n; ++j)  // the upper triangle is not to be read as a part of the matrix
    for (int i = 0; i < j; ++i) a[j * lda + i] = 1e3;
  // The exponential by itself: Taylor's series of a 1024th of the exponent, squared ten times.
  Matrix expected(n * n, 0.0), term(n * n, 0.0);
  for (int i = 0; i < n; ++i) expected[i * n + i] = term[i * n + i] = 1;
  for (int k = 1; k <= 12; ++k) {
    term = times(term, scaled, n);
    for (double& each : term) each /= k;
    for (int i = 0; i < n * n; ++i) expected[i] += term[i];
  }
  for (int k = 0; k < 10; ++k) expected = times(expected, expected, n);
  std::vector<double> out(n * n, NAN);
  if (const int code = heat_kernel(a.data(), n, lda, t, out.data())) {
    std::printf("failed with %d\n", code);
    return false;
  }
  for (int i = 0; i < n * n; ++i)
    if (!(std::fabs(out[i] - expected[i]) <= 1e-7 * (1 + std::fabs(expected[i])))) {
      std::printf("n = %d: element %d is %.10g, not %.10g\n", n, i, out[i], expected[i]);
      return false;
    }
  return true;
}

int main() {
  if (!check(6, 6, 0.5) || !check(17, 20, 0.25) || !check(1, 3, 2.0)) return 1;
  std::printf("PASS\n");
  return 0;
}
