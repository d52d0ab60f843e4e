#include <cstdio>
#include <vector>

#include "stages.h"

static bool run(int n, int window) {
  std::vector<unsigned> in(n), out(n - window + 1, 4);
  unsigned state = n;
  for (auto &each : in) state = state * 1664525u + 1013904223u, each = state ^ state >> 16;
  if (int status = sliding_sums(in.data(), out.data(), n, window)) return std::printf("status %d\n", status), false;
  for (int i = 0; i <= n - window; i++) {
    unsigned want = 0;
    for (int j = i; j < i + window; j++) want += in[j];
    if (out[i] != want) return std::printf("n %d, window %d: %d is %u instead of %u\n", n, window, i, out[i], want), false;
  }
  return true;
}

int main() {
  bool good = true;
  for (int window : {1, 2, 33, 127, 128})
    for (int n : {128, 129, 255, 640, 641, 768, 2000}) good = good && run(n, window);
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
