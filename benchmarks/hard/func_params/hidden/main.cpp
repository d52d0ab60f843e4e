#include <algorithm>
#include <cmath>
#include <cstdio>

#include "func_params.h"

template <typename Wanted>
static bool check(const char* name, const std::vector<double>& numbers, Wanted wanted) {
  std::vector<float> data(333);
  for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<float>(static_cast<int>(i * 7 % 101) - 50) / 16;
  const std::vector<float> before = data;
  if (const int code = run_filter(name, numbers, data)) {
    std::printf("%s failed with %d\n", name, code);
    return false;
  }
  for (size_t i = 0; i < data.size(); ++i)
    if (!(std::fabs(data[i] - wanted(before[i])) <= 1e-4)) {
      std::printf("%s: element %zu is %g, not %g\n", name, i, data[i], double(wanted(before[i])));
      return false;
    }
  return true;
}

int main() {
  if (!check("affine", {1.5, -0.25}, [](double x) { return 1.5 * x - 0.25; })) return 1;
  if (!check("clip", {-1.5, 0.75}, [](double x) { return std::min(std::max(x, -1.5), 0.75); })) return 1;
  if (!check("power", {0.5, 3}, [](double x) { return 0.5 * x * x * x; })) return 1;
  if (!check("power", {-2.0, 0}, [](double) { return -2.0; })) return 1;
  std::vector<float> data(4, 1.0f);
  if (run_filter("median", {1}, data) != -1 || run_filter("clip", {1}, data) != -2) {
    std::printf("wrong names or numbers are not refused\n");
    return 1;
  }
  std::printf("PASS\n");
  return 0;
}
