#include <algorithm>
#include <cstdio>
#include <vector>

#include "wmma_map.h"

// Small integers: every sum is exact in whatever order, and in half precision as well.
static bool run(int m, int k) {
  const int n = 32;
  std::vector<float> a(m * k), b(k * n), scale(m), shift(n), out(m * n, -1e9f), lowest(m, 1e9f);
  unsigned state = m + k;
  auto draw = [&](int below) { return state = state * 1664525u + 1013904223u, (float)((int)((state >> 8) % below) - below / 2); };
  for (auto *matrix : {&a, &b})
    for (auto &each : *matrix) each = draw(17);
  for (auto &each : scale) each = draw(9) + 0.5f;
  for (auto &each : shift) each = draw(1000);
  int status = scaled_product(a.data(), b.data(), scale.data(), shift.data(), out.data(), lowest.data(), m, k);
  if (status) return std::printf("status %d\n", status), false;
  for (int i = 0; i < m; i++) {
    float least = 1e30f;
    for (int j = 0; j < n; j++) {
      float sum = 0;
      for (int l = 0; l < k; l++) sum += a[i * k + l] * b[l * n + j];
      float want = sum * scale[i] + shift[j];
      least = std::min(least, want);
      if (out[i * n + j] != want)
        return std::printf("%dx%d: out[%d][%d] is %g instead of %g\n", m, k, i, j, out[i * n + j], want), false;
    }
    if (lowest[i] != least) return std::printf("%dx%d: row %d's least is %g, not %g\n", m, k, i, least, lowest[i]), false;
  }
  return true;
}

int main() {
  bool good = run(16, 16) && run(48, 32) && run(32, 80);
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
