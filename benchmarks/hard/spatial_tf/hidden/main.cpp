#include <cmath>
#include <cstdio>
#include <vector>

#include "spatial_tf.h"

int main() {
  const int batch = 3, channels = 2, height = 9, width = 14, pixels = height * width;
  const float theta[batch * 6] = {1, 0, 0, 0, 1, 0, 0.7f, -0.45f, 0.1f, 0.4f, 0.8f, -0.2f, -1.3f, 0, 0.25f, 0.1f, 1.2f, 0};
  std::vector<float> images(batch * channels * pixels), out(images.size(), NAN);
  for (size_t i = 0; i < images.size(); ++i) images[i] = static_cast<float>(static_cast<int>(i * 37 % 113) - 56) / 8;
  if (const int code = warp_images(images.data(), theta, out.data(), batch, channels, height, width)) {
    std::printf("failed with %d\n", code);
    return 1;
  }
  for (int b = 0; b < batch; ++b)
    for (int c = 0; c < channels; ++c)
      for (int row = 0; row < height; ++row)
        for (int column = 0; column < width; ++column) {
          const float* t = theta + b * 6;
          const float* image = images.data() + (b * channels + c) * pixels;
          const double x = -1 + 2.0 * column / (width - 1), y = -1 + 2.0 * row / (height - 1);
          const double sx = (t[0] * x + t[1] * y + t[2] + 1) * (width - 1) / 2;
          const double sy = (t[3] * x + t[4] * y + t[5] + 1) * (height - 1) / 2;
          double wanted = 0;
          for (int v = 0; v < height; ++v)
            for (int u = 0; u < width; ++u)
              wanted += image[v * width + u] * std::fmax(0, 1 - std::fabs(sx - u)) * std::fmax(0, 1 - std::fabs(sy - v));
          const float got = out[(b * channels + c) * pixels + row * width + column];
          if (!(std::fabs(got - wanted) <= 1e-3)) {
            std::printf("image %d, channel %d, pixel %d, %d is %g, not %g\n", b, c, row, column, got, wanted);
            return 1;
          }
        }
  std::printf("PASS\n");
  return 0;
}
