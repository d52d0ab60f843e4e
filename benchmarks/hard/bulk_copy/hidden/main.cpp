#include <cstdio>
#include <vector>

#include "bulk_copy.h"

int main() {
  const int width = 1024;
  for (int tiles : {1, 2, 3, 4, 7, 20}) {
    std::vector<unsigned> in(tiles * width), out(tiles * width, 3);
    unsigned state = tiles;
    for (auto &each : in) state = state * 1664525u + 1013904223u, each = state ^ state >> 16;
    if (int status = mix_tiles(in.data(), out.data(), tiles * width)) return std::printf("status %d\n", status), 1;
    for (int i = 0; i < tiles * width; i++) {
      const unsigned *tile = &in[i / width * width];
      unsigned want = tile[width - 1 - i % width] ^ tile[0] * (unsigned)(i % width);
      if (out[i] != want) return std::printf("%d tiles: %d is %08x instead of %08x\n", tiles, i, out[i], want), 1;
    }
  }
  std::printf("PASS\n");
  return 0;
}
