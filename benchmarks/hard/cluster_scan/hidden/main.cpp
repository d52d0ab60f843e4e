#include <algorithm>
#include <cstdio>
#include <vector>

#include "cluster_scan.h"

int main() {
  const int width = 2048;
  for (int rows : {1, 2, 13}) {
    std::vector<unsigned> in(rows * width), out(rows * width, 9), greatest(rows, 9);
    unsigned state = rows;
    for (auto &each : in) state = state * 1664525u + 1013904223u, each = state ^ state >> 16;
    for (int row = 0; row < rows; row++) in[row * width + (row * 331 + 1999) % width] = 0xffffff00u + row;
    if (int status = scan_rows(in.data(), out.data(), greatest.data(), rows)) return std::printf("status %d\n", status), 1;
    for (int row = 0; row < rows; row++) {
      unsigned sum = 0, best = 0;
      for (int i = row * width; i < (row + 1) * width; i++) {
        sum += in[i];
        best = std::max(best, in[i]);
        if (out[i] != sum) return std::printf("row %d, element %d: %u instead of %u\n", row, i % width, out[i], sum), 1;
      }
      if (greatest[row] != best) return std::printf("row %d: greatest is %u, not %u\n", row, best, greatest[row]), 1;
    }
  }
  std::printf("PASS\n");
  return 0;
}
