#include <cstdio>
#include <utility>
#include <vector>

#include "asm_loop.h"

static unsigned euclid(unsigned a, unsigned b) {
  while (b) a = std::exchange(b, a % b);
  return a;
}

static unsigned count(unsigned a, unsigned b) {
  if (!a || !b) return 0;
  while (!(a & 1)) a >>= 1;
  unsigned steps = 0;
  while (b) {
    while (!(b & 1)) b >>= 1;
    if (a > b) std::swap(a, b);
    b -= a;
    steps++;
  }
  return steps;
}

int main() {
  std::vector<unsigned> a, b;
  const unsigned special[] = {0u, 1u, 2u, 3u, 4u, 6u, 0x80000000u, 0xffffffffu, 0xfffffffeu, 0x7fffffffu, 40902u, 24140u};
  for (unsigned x : special)
    for (unsigned y : special) a.push_back(x), b.push_back(y);
  unsigned state = 7;
  auto draw = [&] { return state = state * 1664525u + 1013904223u; };
  for (int i = 0; i < 3000; i++) {
    unsigned common = (draw() >> 20) + 1;
    a.push_back(i & 1 ? draw() : (draw() >> 15) * common << (i % 5));
    b.push_back(i & 1 ? draw() : (draw() >> 14) * common << (i % 3));
  }
  int n = (int)a.size();
  std::vector<unsigned> out(n, 77), steps(n, 77);
  if (int status = divisors(a.data(), b.data(), out.data(), steps.data(), n)) return std::printf("status %d\n", status), 1;
  for (int i = 0; i < n; i++) {
    if (out[i] != euclid(a[i], b[i]) || steps[i] != count(a[i], b[i])) {
      std::printf("gcd(%u, %u) = %u in %u steps instead of %u in %u\n", a[i], b[i], out[i], steps[i],
                  euclid(a[i], b[i]), count(a[i], b[i]));
      return 1;
    }
  }
  std::printf("PASS\n");
  return 0;
}
