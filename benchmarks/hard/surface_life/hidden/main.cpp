#include <cstdio>
#include <vector>

#include "surface_life.h"

static bool run(int width, int height, int generations, bool full) {
  std::vector<unsigned char> cells(width * height), want;
  unsigned state = width * 10 + height;
  for (auto &each : cells) state = state * 1664525u + 1013904223u, each = full || (state >> 24) % 3 == 0;
  want = cells;
  if (int status = live(cells.data(), width, height, generations)) return std::printf("status %d\n", status), false;
  for (int i = 0; i < generations; i++) {
    std::vector<unsigned char> before = want;
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) {
        int around = 0;
        for (int v = y - 1; v <= y + 1; v++)
          for (int u = x - 1; u <= x + 1; u++)
            if ((u != x || v != y) && u >= 0 && u < width && v >= 0 && v < height) around += before[v * width + u];
        want[y * width + x] = around == 3 || (around == 2 && before[y * width + x]);
      }
  }
  for (int i = 0; i < width * height; i++)
    if (cells[i] != want[i])
      return std::printf("%dx%d after %d: (%d, %d) is %d\n", width, height, generations, i % width, i / width, cells[i]),
             false;
  return true;
}

int main() {
  bool good = run(32, 8, 0, false) && run(32, 8, 1, true) && run(45, 31, 7, false) && run(1, 9, 1, true) &&
              run(64, 3, 4, false) && run(3, 64, 5, true);
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
