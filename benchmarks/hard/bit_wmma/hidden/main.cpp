#include <bitset>
#include <cstdio>
#include <vector>

#include "bit_wmma.h"

static bool run(int m, int n, int bits) {
  int words = bits / 32;
  std::vector<unsigned> a(m * words), b(n * words);
  std::vector<int> out(m * n, -1);
  unsigned state = m * n + bits;
  for (auto *codes : {&a, &b})
    for (auto &each : *codes) state = state * 1664525u + 1013904223u, each = state ^ state >> 16;
  for (int i = 0; i < words; i++) a[i] = 0, b[i] = ~0u;
  if (int status = hamming(a.data(), b.data(), out.data(), m, n, bits)) return std::printf("status %d\n", status), false;
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      int want = 0;
      for (int k = 0; k < words; k++) want += (int)std::bitset<32>(a[i * words + k] ^ b[j * words + k]).count();
      if (out[i * n + j] != want)
        return std::printf("%dx%d, %d bits: (%d, %d) is %d instead of %d\n", m, n, bits, i, j, out[i * n + j], want), false;
    }
  return true;
}

int main() {
  bool good = run(8, 8, 128) && run(16, 24, 256) && run(40, 8, 384) && run(8, 56, 128);
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
