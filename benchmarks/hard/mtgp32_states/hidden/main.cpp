#include <cmath>
#include <cstdio>
#include <set>
#include <utility>
#include <vector>

#include "mtgp32_states.h"

int main() {
  const int blocks = 40, samples = 2048;
  std::vector<float> first(blocks, NAN), again(blocks, NAN), other(blocks, NAN);
  for (auto [seed, into] : {std::pair{7ull, &first}, std::pair{7ull, &again}, std::pair{8ull, &other}})
    if (const int code = integrate(seed, blocks, samples, into->data())) {
      std::printf("failed with %d\n", code);
      return 1;
    }
  // The integral, and the deviation of a mean of so many points.
  const int steps = 200000;
  double integral = 0, square = 0;
  for (int i = 0; i < steps; ++i) {
    const double x = 2.0 * (i + 0.5) / steps, f = 2 * std::exp(-x * x / 2);
    integral += f / steps;
    square += f * f / steps;
  }
  const double deviation = std::sqrt((square - integral * integral) / samples);
  double mean = 0, spread = 0;
  for (const float each : first) {
    mean += each / blocks;
    spread += (each - integral) * (each - integral) / blocks;
    if (!(std::fabs(each - integral) < 5 * deviation)) {
      std::printf("a group's estimate is %g, not near %g\n", each, integral);
      return 1;
    }
  }
  if (!(std::fabs(mean - integral) < 5 * deviation / std::sqrt(blocks))) {
    std::printf("the mean estimate is %g, not %g\n", mean, integral);
    return 1;
  }
  // Points that repeat within a group, or between threads, would spread the estimates far more or not at all.
  const double ratio = std::sqrt(spread) / deviation;
  if (!(ratio > 0.6 && ratio < 1.5)) {
    std::printf("estimates spread by %g of what independent points do\n", ratio);
    return 1;
  }
  if (first != again || std::set<float>(first.begin(), first.end()).size() < blocks - 2) {
    std::printf("the same seed differs, or groups are equal\n");
    return 1;
  }
  int equal = 0;
  for (int g = 0; g < blocks; ++g) equal += first[g] == other[g];
  if (equal > 2) {
    std::printf("another seed gives the same\n");
    return 1;
  }
  std::printf("PASS\n");
  return 0;
}
