#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "npp_filters.h"

static bool check(int height, int width, int gain, int shift, int level) {
  std::vector<uint8_t> picture(height * width), out(height * width, 7);
  for (int i = 0; i < height * width; ++i) {
    const int row = i / width, column = i % width;
    picture[i] = static_cast<uint8_t>((row / 4 + column / 5) % 2 ? 200 + i % 40 : 30 + i * 7 % 25);
  }
  if (const int code = edges(picture.data(), out.data(), height, width, gain, shift, level)) {
    std::printf("failed with %d\n", code);
    return false;
  }
  for (int row = 0; row < height; ++row)
    for (int column = 0; column < width; ++column) {
      int sum = 0;
      for (int r = row - 1; r <= row + 1; ++r)
        for (int c = column - 1; c <= column + 1; ++c)
          sum += picture[std::min(std::max(r, 0), height - 1) * width + std::min(std::max(c, 0), width - 1)];
      const int difference = std::abs(picture[row * width + column] - sum / 9);
      const int whole = 1 << shift;
      const int scaled = std::min(255, (2 * difference * gain + whole) / (2 * whole));
      const int wanted = scaled > level ? 255 : 0;
      if (out[row * width + column] != wanted) {
        std::printf("%d x %d: pixel %d, %d is %d, not %d\n", height, width, row, column, out[row * width + column], wanted);
        return false;
      }
    }
  return true;
}

int main() {
  if (!check(37, 50, 3, 1, 40) || !check(20, 9, 200, 5, 254) || !check(64, 33, 1, 2, 5) || !check(1, 17, 5, 3, 0)) return 1;
  std::printf("PASS\n");
  return 0;
}
