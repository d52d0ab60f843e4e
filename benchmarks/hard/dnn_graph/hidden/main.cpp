#include <cmath>
#include <cstdio>
#include <vector>

#include "dnn_graph.h"

static bool check(int batch, int m, int n, int k, float alpha) {
  std::vector<float> a(batch * m * k), b(k * n), out(batch * m * n, NAN);
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(static_cast<int>(i * 13 % 29) - 14) / 16;
  for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(static_cast<int>(i * 7 % 23) - 11) / 8;
  if (const int code = dense_elu(a.data(), b.data(), alpha, out.data(), batch, m, n, k)) {
    std::printf("failed with %d\n", code);
    return false;
  }
  for (int p = 0; p < batch; ++p)
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        double sum = 0;
        for (int l = 0; l < k; ++l) sum += double(a[(p * m + i) * k + l]) * b[l * n + j];
        const double wanted = sum > 0 ? sum : alpha * (std::exp(sum) - 1);
        const float got = out[(p * m + i) * n + j];
        if (!(std::fabs(got - wanted) <= 1e-4)) {
          std::printf("problem %d, element %d, %d is %g, not %g\n", p, i, j, got, wanted);
          return false;
        }
      }
  return true;
}

int main() {
  if (!check(3, 8, 12, 16, 1.0f) || !check(1, 17, 5, 33, 0.25f) || !check(2, 1, 64, 4, 2.0f)) return 1;
  std::printf("PASS\n");
  return 0;
}
