#include <algorithm>
#include <cstdio>
#include <vector>

#include "pixel_pack.h"

static unsigned byte(int value) { return (unsigned)std::clamp(value >> 8, 0, 255); }

static bool run(int width, int height) {
  int n = width * height;
  std::vector<unsigned char> y(n), u(n / 2), v(n / 2);
  std::vector<unsigned> out(n, 1);
  unsigned state = n;
  for (auto *plane : {&y, &u, &v})
    for (auto &each : *plane) {
      state = state * 1664525u + 1013904223u;
      each = (unsigned char)(state >> 28 == 0 ? 0 : state >> 28 == 1 ? 255 : state >> 20);
    }
  if (int status = to_rgb(y.data(), u.data(), v.data(), out.data(), width, height)) return std::printf("status %d\n", status), false;
  for (int i = 0; i < n; i++) {
    int c = 298 * (y[i] - 16) + 128, d = u[i / 2] - 128, e = v[i / 2] - 128;
    unsigned want = byte(c + 409 * e) | byte(c - 100 * d - 208 * e) << 8 | byte(c + 516 * d) << 16 | 255u << 24;
    if (out[i] != want) return std::printf("%dx%d: pixel %d is %08x instead of %08x\n", width, height, i, out[i], want), false;
  }
  return true;
}

int main() {
  bool good = run(2, 1) && run(64, 3) && run(258, 31);
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
