#include <algorithm>
#include <cmath>
#include <cstdio>

#include "sliced_ell.h"

static bool check(int rows, int width, int height, float alpha, float beta) {
  std::vector<std::vector<std::pair<int, float>>> plain(rows);
  int seed = rows * 31 + height, entries = 0;
  const auto draw = [&seed](int below) {
    seed = (seed * 421 + 1663) % 7875;
    return seed % below;
  };
  for (int r = 0; r < rows; ++r)
    for (int c = draw(7); c < width && r % 5 != 3; c += 1 + draw(9), ++entries)
      plain[r].emplace_back(c, static_cast<float>(draw(33) - 16) / 4);
  SlicedEll a{rows, width, height, entries, {0}, {}, {}};
  for (int first = 0; first < rows; first += height) {
    size_t widest = 0;
    for (int r = first; r < std::min(rows, first + height); ++r) widest = std::max(widest, plain[r].size());
    for (size_t j = 0; j < widest; ++j)
      for (int r = first; r < first + height; ++r) {
        const bool real = r < rows && j < plain[r].size();
        a.columns.push_back(real ? plain[r][j].first : -1);
        a.values.push_back(real ? plain[r][j].second : 0.0f);
      }
    a.offsets.push_back(static_cast<int>(a.columns.size()));
  }
  std::vector<float> x(width), y(rows), expected(rows);
  for (float& each : x) each = static_cast<float>(draw(25) - 12) / 8;
  for (int r = 0; r < rows; ++r) {
    y[r] = beta == 0 ? NAN : static_cast<float>(draw(9) - 4);
    double sum = 0;
    for (const auto& [column, value] : plain[r]) sum += double(value) * x[column];
    expected[r] = static_cast<float>(alpha * std::fabs(sum) + (beta == 0 ? 0 : beta * y[r]));
  }
  if (const int code = magnitude(a, alpha, x, beta, y)) {
    std::printf("failed with %d\n", code);
    return false;
  }
  for (int r = 0; r < rows; ++r)
    if (!(std::fabs(y[r] - expected[r]) <= 1e-3f)) {
      std::printf("%d rows in slices of %d: element %d is %g, not %g\n", rows, height, r, y[r], expected[r]);
      return false;
    }
  return true;
}

int main() {
  if (!check(64, 40, 8, 1.0f, 0.0f) || !check(77, 90, 4, 0.5f, -2.0f) || !check(130, 50, 32, -1.0f, 1.0f)) return 1;
  std::printf("PASS\n");
  return 0;
}
