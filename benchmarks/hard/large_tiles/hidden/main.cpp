#include <climits>
#include <cstdio>
#include <vector>

#include "large_tiles.h"

static bool run(int rows, int width, int range) {
  std::vector<int> numbers(rows * width), greatest(rows, 3), place(rows, 3);
  unsigned state = rows * 3 + width;
  for (auto &each : numbers)
    state = state * 1664525u + 1013904223u, each = range ? (int)((state >> 8) % range) - range / 2 : INT_MIN;
  int status = row_maxima(numbers.data(), rows, width, greatest.data(), place.data());
  if (status) return std::printf("status %d\n", status), false;
  for (int row = 0; row < rows; row++) {
    int at = 0;
    for (int i = 1; i < width; i++)
      if (numbers[row * width + i] > numbers[row * width + at]) at = i;
    if (greatest[row] != numbers[row * width + at] || place[row] != at)
      return std::printf("%dx%d, row %d: %d at %d instead of %d at %d\n", rows, width, row, greatest[row], place[row],
                         numbers[row * width + at], at),
             false;
  }
  return true;
}

int main() {
  bool good = run(1, 1, 9) && run(3, 127, 50) && run(8, 128, 1000000) && run(9, 129, 3) && run(21, 700, 40) &&
              run(5, 300, 0) && run(17, 33, 1000000) && run(2, 64, 1);
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
