#include <cmath>
#include <cstdio>
#include <vector>

#include "mdspan_views.h"

static bool check(int height, int width) {
  std::vector<float> picture(3 * height * width), planes(picture.size(), NAN);
  for (size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<float>(i * 29 % 101) / 4;
  if (const int code = split_smooth(picture.data(), planes.data(), height, width)) {
    std::printf("failed with %d\n", code);
    return false;
  }
  for (int c = 0; c < 3; ++c)
    for (int row = 0; row < height; ++row)
      for (int column = 0; column < width; ++column) {
        double sum = 0;
        int count = 0;
        for (int r = 0; r < height; ++r)
          for (int q = 0; q < width; ++q)
            if (std::abs(r - row) + std::abs(q - column) <= 1) {
              sum += picture[(r * width + q) * 3 + c];
              ++count;
            }
        const float got = planes[c * height * width + column * height + row];
        if (!(std::fabs(got - sum / count) <= 1e-4)) {
          std::printf("channel %d, pixel %d, %d is %g, not %g\n", c, row, column, got, sum / count);
          return false;
        }
      }
  return true;
}

int main() {
  if (!check(13, 21) || !check(1, 7) || !check(18, 4)) return 1;
  std::printf("PASS\n");
  return 0;
}
