#include <cstdio>
#include <vector>

#include "wide_cas.h"

static bool run(int n, int cells, int distances) {
  std::vector<int> cell(n);
  std::vector<double> distance(n), best(cells, 7), want(cells, -1);
  std::vector<long long> number(n), chosen(cells, 7), right(cells, -1);
  unsigned state = n;
  auto draw = [&] { return state = state * 1664525u + 1013904223u, state >> 8; };
  for (int i = 0; i < n; i++) {
    int c = cell[i] = (int)(draw() % (cells + 2)) % cells;
    if (cells > 3 && c == 2) c = cell[i] = 3;  // the one without candidates
    double d = distance[i] = (draw() % distances) * 0.37;
    long long k = number[i] = (long long)(draw() % 5000) << (i % 2 ? 33 : 0);
    if (right[c] < 0 || d < want[c] || (d == want[c] && k < right[c])) want[c] = d, right[c] = k;
  }
  int status = nearest(cell.data(), distance.data(), number.data(), n, cells, best.data(), chosen.data());
  if (status) return std::printf("status %d\n", status), false;
  for (int c = 0; c < cells; c++)
    if (best[c] != want[c] || chosen[c] != right[c])
      return std::printf("cell %d: %g, %lld instead of %g, %lld\n", c, best[c], chosen[c], want[c], right[c]), false;
  return true;
}

int main() {
  bool good = run(64, 1, 3) && run(1000, 10, 4) && run(2000, 1, 100000) && run(300, 500, 2) && run(1, 1, 1);
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
