#include <cstdio>
#include <vector>

#include "sm_slots.h"

int main() {
  for (int n : {0, 1, 127, 128, 5000, 60000}) {
    std::vector<unsigned char> bytes(n + 1);
    std::vector<unsigned> histogram(256, 3), want(256, 0);
    unsigned state = n;
    for (int i = 0; i < n; i++) {
      state = state * 1664525u + 1013904223u;
      bytes[i] = (unsigned char)(i % 5 ? state >> 24 : 200);
      want[bytes[i]]++;
    }
    int used = -1;
    if (int status = byte_histogram(bytes.data(), n, histogram.data(), &used)) return std::printf("status %d\n", status), 1;
    for (int b = 0; b < 256; b++)
      if (histogram[b] != want[b]) return std::printf("n %d: byte %d %u times instead of %u\n", n, b, histogram[b], want[b]), 1;
    if (used < (n > 0) || used > 60 || (n == 0 && used)) return std::printf("n %d: %d copies used\n", n, used), 1;
  }
  std::printf("PASS\n");
  return 0;
}
