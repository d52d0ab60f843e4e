#include <cmath>
#include <cstdio>
#include <vector>

#include "fp8_mma.h"

static double value(unsigned char bits) {
  int exponent = bits >> 3 & 15, mantissa = bits & 7;
  if (exponent == 15 && mantissa == 7) return NAN;
  double size = exponent ? std::ldexp(8 + mantissa, exponent - 10) : std::ldexp(mantissa, -9);
  return bits & 128 ? -size : size;
}

static bool run(int m, int n, int k, bool special) {
  std::vector<unsigned char> a(m * k), b(n * k);
  unsigned state = m * 31 + n;
  for (auto *matrix : {&a, &b})
    for (auto &each : *matrix) {
      state = state * 1664525u + 1013904223u;
      each = (unsigned char)(state >> 24);
      if ((each & 0x7f) == 0x7f) each ^= 1;
    }
  if (special) a[5 * k + 17] = 0x7f, b[3 * k + 30] = 0xff, a[11 * k] = 0x80, b[0] = 0x80;
  std::vector<float> c(m * n, 3.5f);
  if (int status = multiply_fp8(a.data(), b.data(), c.data(), m, n, k)) return std::printf("status %d\n", status), false;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      double sum = 0, size = 0;
      for (int l = 0; l < k; l++) {
        double product = value(a[i * k + l]) * value(b[j * k + l]);
        sum += product;
        size += std::fabs(product);
      }
      float got = c[i * n + j];
      bool good = std::isnan(sum) ? std::isnan(got) : std::fabs(got - sum) <= 1e-5 * size + 1e-6;
      if (!good) return std::printf("%dx%dx%d: c[%d][%d] = %g instead of %g\n", m, n, k, i, j, got, sum), false;
    }
  return true;
}

int main() {
  bool good = run(16, 8, 32, false) && run(16, 8, 32, true) && run(48, 40, 96, false) && run(32, 24, 64, true);
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
