#include <cmath>
#include <cstdio>
#include <vector>

#include "fp4_pack.h"

static int code_of(double value) {
  const double sizes[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  double size = std::fabs(value);
  int best = 0;
  for (int i = 1; i < 8; i++) {
    double middle = (sizes[i - 1] + sizes[i]) / 2;
    if (size > middle || (size == middle && i % 2 == 0)) best = i;
  }
  return best | (std::signbit(value) ? 8 : 0);
}

int main() {
  for (int n : {32, 64, 96, 160, 32 * 70}) {
    std::vector<float> in(n);
    unsigned state = n;
    auto draw = [&] { return state = state * 1664525u + 1013904223u, state >> 8; };
    for (int i = 0; i < n; i++) {
      int block = i / 32;
      float value = (float)((int)(draw() % 65) - 32) / 8;  // with many that lie in the middle of two codes
      if (block % 4 == 1) value = std::ldexp((float)draw() - 8e6f, (int)(block % 37) - 20);
      if (block % 4 == 2) value = i % 32 == 5 ? 7.5f : value * 0.125f;
      if (block % 7 == 6) value = block % 2 ? 0.0f : -0.0f;
      if (block % 16 == 9) value = std::ldexp(value, -130);
      in[i] = value;
    }
    std::vector<unsigned char> codes(n / 2, 0xee), scales(n / 32, 0xee);
    if (int status = pack(in.data(), n, codes.data(), scales.data())) return std::printf("status %d\n", status), 1;
    for (int block = 0; block < n / 32; block++) {
      float largest = 0;
      for (int i = 0; i < 32; i++) largest = std::fmax(largest, std::fabs(in[block * 32 + i]));
      int scale = 127;
      if (largest > 0) {
        scale = std::ilogb(largest) - 2 + 127;
        scale = scale < 1 ? 1 : scale > 254 ? 254 : scale;
      }
      if (scales[block] != scale) return std::printf("block %d: scale %d instead of %d\n", block, scales[block], scale), 1;
      for (int i = block * 32; i < block * 32 + 32; i++) {
        int want = code_of(std::ldexp((double)in[i], 127 - scale)), got = codes[i / 2] >> (i % 2 * 4) & 15;
        if (got != want) return std::printf("%d: %g with scale %d is %d instead of %d\n", i, in[i], scale, got, want), 1;
      }
    }
  }
  std::printf("PASS\n");
  return 0;
}
