#include <cmath>
#include <cstdio>
#include <vector>

#include "memory_resource.h"

int main() {
  for (const int n : {1000, 64, 129}) {
    std::vector<float> x(n), out(n, NAN);
    for (int i = 0; i < n; ++i) x[i] = static_cast<float>(i * 7 % 19 - 9) / 4;
    size_t most = 0;
    const size_t bytes = n * sizeof(float), second = (bytes + 255) / 256 * 256;
    if (const int code = prefix_sums(x.data(), out.data(), n, second + bytes, &most)) {
      std::printf("failed with %d\n", code);
      return 1;
    }
    double sum = 0;
    for (int i = 0; i < n; ++i) {
      sum += x[i];
      if (!(std::fabs(out[i] - sum) <= 1e-3)) {
        std::printf("n = %d: element %d is %g, not %g\n", n, i, out[i], sum);
        return 1;
      }
    }
    if (most != second + bytes) {
      std::printf("n = %d: %zu bytes were in use, not %zu\n", n, most, second + bytes);
      return 1;
    }
    out.assign(n, 5.0f);
    if (prefix_sums(x.data(), out.data(), n, second + bytes - 1, &most) != 1 || out[0] != 5.0f) {
      std::printf("an arena that is too small is not reported\n");
      return 1;
    }
  }
  std::printf("PASS\n");
  return 0;
}
