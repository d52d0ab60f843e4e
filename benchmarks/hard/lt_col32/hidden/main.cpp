#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "lt_col32.h"

static bool check(int m, int n, int k) {
  std::vector<int8_t> x(m * k), w(n * k), out(m * n, 99);
  std::vector<float> scale(n);
  for (int i = 0; i < m * k; ++i) x[i] = static_cast<int8_t>(i * 73 % 255 - 127);
  for (int i = 0; i < n * k; ++i) w[i] = static_cast<int8_t>(i * 37 % 251 - 125);
  for (int j = 0; j < n; ++j) scale[j] = std::ldexp(1.0f + j % 3, -10 - j % 4);
  if (const int code = quantised_layer(x.data(), w.data(), scale.data(), out.data(), m, n, k)) {
    std::printf("failed with %d\n", code);
    return false;
  }
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      int sum = 0;
      for (int l = 0; l < k; ++l) sum += x[i * k + l] * w[j * k + l];
      const double scaled = std::nearbyint(static_cast<double>(sum) * scale[j]);
      const int wanted = static_cast<int>(std::min(std::max(scaled, -128.0), 127.0));
      if (out[i * n + j] != wanted) {
        std::printf("%d x %d x %d: element %d, %d is %d, not %d\n", m, n, k, i, j, out[i * n + j], wanted);
        return false;
      }
    }
  return true;
}

int main() {
  if (!check(20, 64, 96) || !check(5, 32, 32) || !check(33, 96, 64)) return 1;
  std::printf("PASS\n");
  return 0;
}
