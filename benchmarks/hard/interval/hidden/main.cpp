#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "interval.h"

// Whether r is not above 1 / x: the sign of an exact r * x - 1 that was rounded once is right.
static bool not_above(double r, double x) { return x > 0 ? std::fma(r, x, -1) <= 0 : std::fma(r, x, -1) >= 0; }
static bool not_below(double r, double x) { return x > 0 ? std::fma(r, x, -1) >= 0 : std::fma(r, x, -1) <= 0; }

int main() {
  std::vector<double> low, high;
  for (double x : {1.0, 2.0, 3.0, 0.5, 1e300, 1e-300, 7.0, 1 + 0x1p-52, 2 - 0x1p-52, 0.1}) {
    low.push_back(x), high.push_back(x);
    low.push_back(-x), high.push_back(-x);
  }
  unsigned long long state = 11;
  auto draw = [&] { return state = state * 6364136223846793005ull + 1442695040888963407ull, state >> 11; };
  for (int i = 0; i < 2000; i++) {
    double a = std::ldexp(1 + draw() * 0x1p-53, (int)(draw() % 1800) - 900), b = a * (1 + (double)(draw() % 1000));
    if (i % 2) low.push_back(a), high.push_back(b);
    else low.push_back(-b), high.push_back(-a);
  }
  int n = (int)low.size();
  std::vector<double> below(n, 1), above(n, 1);
  if (int status = reciprocals(low.data(), high.data(), below.data(), above.data(), n)) return std::printf("status %d\n", status), 1;
  for (int i = 0; i < n; i++) {
    bool down = not_above(below[i], high[i]) && !not_above(std::nextafter(below[i], INFINITY), high[i]);
    bool up = not_below(above[i], low[i]) && !not_below(std::nextafter(above[i], -INFINITY), low[i]);
    if (!down || !up)
      return std::printf("1 / [%.17g, %.17g] is not [%.17g, %.17g]\n", low[i], high[i], below[i], above[i]), 1;
  }
  std::printf("PASS\n");
  return 0;
}
