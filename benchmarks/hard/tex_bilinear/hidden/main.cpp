#include <cmath>
#include <cstdio>
#include <vector>

#include "tex_bilinear.h"

static std::vector<float> picture;
static int width, height;

static double pixel(int i, int j) {
  i = ((i % (2 * width)) + 2 * width) % (2 * width);
  if (i >= width) i = 2 * width - 1 - i;
  j = j < 0 ? 0 : j >= height ? height - 1 : j;
  return picture[j * width + i];
}

static bool run(int w, int h, const std::vector<float> &m, int outwidth, int outheight) {
  width = w, height = h;
  picture.resize(w * h);
  unsigned state = w * 100 + h;
  for (auto &each : picture) state = state * 1664525u + 1013904223u, each = (float)(state >> 16) / 65536.0f;
  std::vector<float> out(outwidth * outheight, -9);
  int status = warp_picture(picture.data(), w, h, m.data(), out.data(), outwidth, outheight);
  if (status) return std::printf("status %d\n", status), false;
  for (int v = 0; v < outheight; v++)
    for (int u = 0; u < outwidth; u++) {
      double x = (m[0] * (u + 0.5) + m[1] * (v + 0.5) + m[2]) * w - 0.5;
      double y = (m[3] * (u + 0.5) + m[4] * (v + 0.5) + m[5]) * h - 0.5;
      int i = (int)std::floor(x), j = (int)std::floor(y);
      double a = x - i, b = y - j;
      double want = (1 - b) * ((1 - a) * pixel(i, j) + a * pixel(i + 1, j)) +
                    b * ((1 - a) * pixel(i, j + 1) + a * pixel(i + 1, j + 1));
      if (!(std::fabs(out[v * outwidth + u] - want) < 0.012))
        return std::printf("%dx%d: (%d, %d) is %g instead of %g\n", w, h, u, v, out[v * outwidth + u], want), false;
    }
  return true;
}

int main() {
  bool good = run(32, 16, {1 / 32.0f, 0, 0, 0, 1 / 16.0f, 0}, 32, 16) &&                          // itself
              run(33, 21, {3 / 70.0f, 0, -1.2f, 0, 2 / 50.0f, -0.5f}, 70, 50) &&                   // far over the borders
              run(20, 40, {0.031f, -0.017f, 0.4f, 0.017f, 0.031f, -0.3f}, 45, 37) &&               // turned
              run(1, 1, {0.3f, 0, -2, 0, 0.3f, -2}, 17, 9) && run(5, 3, {-0.11f, 0, 2, 0, -0.2f, 1}, 33, 12);
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
