#include <cstdio>
#include <vector>

#include "uniform_runs.h"

static bool run(int n, int kind) {
  std::vector<unsigned> in(n), want;
  unsigned state = n + kind;
  for (int i = 0; i < n; i++) {
    state = state * 1664525u + 1013904223u;
    int block = i / 32;
    bool uniform = kind == 0 || (kind == 1 && block % 2 == 0) || (kind == 2 && block % 3 != 1);
    in[i] = uniform ? (unsigned)block / 4 + 7 : state >> 30;
    if (kind == 3) in[i] = i % 32 == 31 ? 5 : 4;  // all but the last
  }
  for (int start = 0; start < n; start += 32) {
    int end = start + 32 < n ? start + 32 : n;
    bool uniform = true;
    for (int i = start; i < end; i++) uniform = uniform && in[i] == in[start];
    want.push_back(uniform);
    for (int i = start; i < (uniform ? start + 1 : end); i++) want.push_back(in[i]);
  }
  std::vector<unsigned> out(n + (n + 31) / 32 + 1, 99);
  int size = compress(in.data(), n, out.data());
  if (size != (int)want.size()) return std::printf("%d words, kind %d: %d instead of %d\n", n, kind, size, (int)want.size()), false;
  for (int i = 0; i < size; i++)
    if (out[i] != want[i]) return std::printf("%d words, kind %d: %d is %u instead of %u\n", n, kind, i, out[i], want[i]), false;
  return true;
}

int main() {
  bool good = true;
  for (int kind = 0; kind < 5; kind++)
    for (int n : {1, 31, 32, 33, 64, 65, 95, 96, 128, 129, 1000}) good = good && run(n, kind);
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
