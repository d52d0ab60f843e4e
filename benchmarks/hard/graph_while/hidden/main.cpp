#include <cmath>
#include <cstdio>
#include <vector>

#include "graph_while.h"

static int by_hand(std::vector<float>& bar, float tolerance, int limit) {
  for (int sweeps = 1; sweeps <= limit; ++sweeps) {
    std::vector<float> next = bar;
    float moved = 0;
    for (size_t i = 1; i + 1 < bar.size(); ++i) {
      next[i] = 0.5f * (bar[i - 1] + bar[i + 1]);
      moved = std::fmax(moved, std::fabs(next[i] - bar[i]));
    }
    bar = next;
    if (!(moved > tolerance)) return sweeps;
  }
  return limit;
}

static bool check(int n, float tolerance, int limit) {
  std::vector<float> bar(n, 0.0f);
  bar[0] = 16.0f;
  bar[n - 1] = -8.0f;
  std::vector<float> expected = bar;
  const int wanted = by_hand(expected, tolerance, limit);
  const int made = relax(bar.data(), n, tolerance, limit);
  if (made != wanted) {
    std::printf("%d points: %d sweeps, not %d\n", n, made, wanted);
    return false;
  }
  for (int i = 0; i < n; ++i)
    if (bar[i] != expected[i]) {
      std::printf("%d points: point %d is %g, not %g\n", n, i, bar[i], expected[i]);
      return false;
    }
  return true;
}

int main() {
  if (!check(20, 0.05f, 1000) || !check(200, 0.02f, 1000) || !check(150, 0.0f, 37)) return 1;
  std::printf("PASS\n");
  return 0;
}
