#include <cstdio>
#include <vector>

#include "ptx_module.h"

int main() {
  for (int n : {1, 31, 32, 127, 129, 1000}) {
    for (unsigned key : {0u, 1u, 0x9e3779b9u, 0xffffffffu}) {
      std::vector<unsigned> in(n), out(n, 6);
      unsigned state = n + key;
      for (auto &each : in) state = state * 1664525u + 1013904223u, each = state ^ state >> 16;
      in[n / 2] = 0xffffffffu;
      if (int status = scramble(in.data(), out.data(), n, key)) return std::printf("status %d\n", status), 1;
      for (int i = 0; i < n; i++) {
        unsigned turned = i % 32 ? in[i] << i % 32 | in[i] >> (32 - i % 32) : in[i];
        unsigned high = (unsigned)((unsigned long long)in[i] * key >> 32);
        unsigned want = in[i] & 1 ? turned - high : turned + high;
        if (out[i] != want) return std::printf("n %d, key %x: %d is %x instead of %x\n", n, key, i, out[i], want), 1;
      }
    }
  }
  std::printf("PASS\n");
  return 0;
}
