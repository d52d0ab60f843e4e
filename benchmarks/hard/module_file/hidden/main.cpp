#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "module_file.h"

int main() {
  const int n = 300;
  std::vector<float> in(n), out(n);
  for (int i = 0; i < n; ++i) in[i] = static_cast<float>(i * 31 % 47 - 23) / 4;
  const auto at = [&](int i) { return in[std::min(std::max(i, 0), n - 1)]; };
  const float weights[7] = {0.1f, -0.2f, 0.3f, 0.5f, 0.25f, -0.15f, 0.05f};
  for (const int radius : {3, 1, 0}) {
    if (const int code = filter_signal("convolve", weights, radius, in.data(), out.data(), n)) {
      std::printf("convolve failed with %d\n", code);
      return 1;
    }
    for (int i = 0; i < n; ++i) {
      double sum = 0;
      for (int d = -radius; d <= radius; ++d) sum += double(weights[radius + d]) * at(i + d);
      if (!(std::fabs(out[i] - sum) <= 1e-4)) {
        std::printf("radius %d: sample %d is %g, not %g\n", radius, i, out[i], sum);
        return 1;
      }
    }
  }
  if (const int code = filter_signal("middle", nullptr, 0, in.data(), out.data(), n)) {
    std::printf("middle failed with %d\n", code);
    return 1;
  }
  for (int i = 0; i < n; ++i) {
    float three[] = {at(i - 1), at(i), at(i + 1)};
    std::sort(three, three + 3);
    if (out[i] != three[1]) {
      std::printf("median of sample %d is %g, not %g\n", i, out[i], three[1]);
      return 1;
    }
  }
  if (filter_signal("sharpen", nullptr, 0, in.data(), out.data(), n) != -1) {
    std::printf("an unknown filter is not refused\n");
    return 1;
  }
  std::printf("PASS\n");
  return 0;
}
