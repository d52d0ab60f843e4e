#include <cmath>
#include <cstdio>
#include <vector>

#include "macro_paste.h"

int main() {
  const int n = 1000;
  std::vector<float> x(n), y(n), expected(n);
  for (int i = 0; i < n; ++i) {
    x[i] = static_cast<float>(i % 37 - 18) / 9;
    y[i] = static_cast<float>(i % 11 - 5) / 4;
    expected[i] = std::tanh(0.75f * x[i] + y[i]);
  }
  if (const int code = blend(0.75f, x.data(), y.data(), n)) {
    std::printf("failed with %d\n", code);
    return 1;
  }
  for (int i = 0; i < n; ++i)
    if (!(std::fabs(y[i] - expected[i]) <= 1e-5f)) {
      std::printf("element %d is %g, not %g\n", i, y[i], expected[i]);
      return 1;
    }
  std::printf("PASS\n");
  return 0;
}
