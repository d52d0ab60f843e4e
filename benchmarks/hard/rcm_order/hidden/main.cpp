#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "rcm_order.h"

// A grid of `wide` x `tall` points, each joined to its four neighbours, with scrambled numbers.
static bool check(int wide, int tall, int limit) {
  const int n = wide * tall;
  std::vector<int> number(n);
  for (int i = 0; i < n; ++i) number[i] = i;
  unsigned state = 9;
  for (int i = n - 1; i > 0; --i) {
    state = state * 1664525u + 1013904223u;
    std::swap(number[i], number[state / 65536 % (i + 1)]);
  }
  std::vector<std::vector<std::pair<int, float>>> rows(n);
  const auto join = [&](int p, int q) {
    const float value = static_cast<float>((number[p] * 3 + number[q] * 5) % 7 + 1) / 4;
    rows[number[p]].emplace_back(number[q], value);
  };
  for (int v = 0; v < tall; ++v)
    for (int u = 0; u < wide; ++u) {
      const int p = v * wide + u;
      join(p, p);
      if (u > 0) join(p, p - 1);
      if (u + 1 < wide) join(p, p + 1);
      if (v > 0) join(p, p - wide);
      if (v + 1 < tall) join(p, p + wide);
    }
  Csr a{n, {0}, {}, {}};
  for (auto& row : rows) {
    std::sort(row.begin(), row.end());
    for (const auto& [column, value] : row) {
      a.columns.push_back(column);
      a.values.push_back(value);
    }
    a.starts.push_back(static_cast<int>(a.columns.size()));
  }
  std::vector<float> x(n), y;
  for (int i = 0; i < n; ++i) x[i] = static_cast<float>(i * 11 % 23 - 11) / 8;
  std::vector<int> order;
  int bandwidth = -1;
  if (const int code = ordered_product(a, x, y, order, bandwidth)) {
    std::printf("failed with %d\n", code);
    return false;
  }
  std::vector<int> place(n, -1);
  for (int i = 0; i < static_cast<int>(order.size()); ++i)
    if (order[i] >= 0 && order[i] < n) place[order[i]] = i;
  if (static_cast<int>(order.size()) != n || std::count(place.begin(), place.end(), -1)) {
    std::printf("the order is no permutation\n");
    return false;
  }
  int widest = 0;
  for (int i = 0; i < n; ++i) {
    double sum = 0;
    for (const auto& [column, value] : rows[i]) {
      sum += double(value) * x[column];
      widest = std::max(widest, std::abs(place[i] - place[column]));
    }
    if (!(std::fabs(y[i] - sum) <= 1e-4)) {
      std::printf("element %d is %g, not %g\n", i, y[i], sum);
      return false;
    }
  }
  if (bandwidth != widest || widest > limit) {
    std::printf("%d x %d: bandwidth %d said, %d had, at most %d wanted\n", wide, tall, bandwidth, widest, limit);
    return false;
  }
  return true;
}

int main() {
  if (!check(1, 50, 1) || !check(5, 30, 8) || !check(9, 9, 15)) return 1;
  std::printf("PASS\n");
  return 0;
}
