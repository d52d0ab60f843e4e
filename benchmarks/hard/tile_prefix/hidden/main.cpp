#include <cmath>
#include <cstdio>
#include <vector>

#include "tile_prefix.h"

static bool check(int n, float start) {
  std::vector<float> a(n), b(n), y(n, NAN);
  for (int i = 0; i < n; ++i) {
    a[i] = static_cast<float>(i * 13 % 29 - 14) / 15;
    b[i] = static_cast<float>(i * 7 % 17 - 8) / 2;
  }
  if (const int code = recurrence(a.data(), b.data(), start, y.data(), n)) {
    std::printf("failed with %d\n", code);
    return false;
  }
  double value = start;
  for (int i = 0; i < n; ++i) {
    value = a[i] * value + b[i];
    if (!(std::fabs(y[i] - value) <= 1e-3)) {
      std::printf("n = %d: element %d is %g, not %g\n", n, i, y[i], value);
      return false;
    }
  }
  return true;
}

int main() {
  if (!check(5000, 3.0f) || !check(511, -2.0f) || !check(1025, 0.5f) || !check(1, 4.0f)) return 1;
  std::printf("PASS\n");
  return 0;
}
