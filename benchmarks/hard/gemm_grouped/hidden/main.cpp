#include <cmath>
#include <cstdio>

#include "gemm_grouped.h"

int main() {
  const std::vector<Expert> experts = {{3, 5, 7, 2, 1.0f, 0.0f}, {8, 2, 4, 3, -0.5f, 2.0f}, {1, 9, 6, 1, 2.0f, 1.0f}};
  std::vector<float> a, b, c;
  int seed = 1;
  const auto draw = [&seed] {
    seed = (seed * 1103 + 377) % 10007;
    return static_cast<float>(seed % 41 - 20) / 8;
  };
  for (const Expert& e : experts) {
    for (int i = 0; i < e.count * e.rows * e.inner; ++i) a.push_back(draw());
    for (int i = 0; i < e.count * e.inner * e.columns; ++i) b.push_back(draw());
    for (int i = 0; i < e.count * e.rows * e.columns; ++i) c.push_back(draw());
  }
  std::vector<float> expected = c;
  const float *pa = a.data(), *pb = b.data();
  float* pc = expected.data();
  for (const Expert& e : experts)
    for (int p = 0; p < e.count; ++p) {
      for (int i = 0; i < e.rows; ++i)
        for (int j = 0; j < e.columns; ++j) {
          double sum = 0;
          for (int l = 0; l < e.inner; ++l) sum += double(pa[i * e.inner + l]) * pb[l * e.columns + j];
          pc[i * e.columns + j] = std::fmax(0.0f, static_cast<float>(e.scale * sum + e.keep * pc[i * e.columns + j]));
        }
      pa += e.rows * e.inner;
      pb += e.inner * e.columns;
      pc += e.rows * e.columns;
    }
  if (const int code = multiply_experts(experts, a, b, c)) {
    std::printf("failed at step %d\n", code);
    return 1;
  }
  for (size_t i = 0; i < c.size(); ++i)
    if (!(std::fabs(c[i] - expected[i]) <= 1e-3f)) {
      std::printf("element %zu is %g, not %g\n", i, c[i], expected[i]);
      return 1;
    }
  std::printf("PASS\n");
  return 0;
}
