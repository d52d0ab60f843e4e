#include <cstdio>
#include <vector>

#include "carry_chain.h"

int main() {
  const int limbs = 8, n = 700;
  std::vector<unsigned> a(n * limbs), b(n * limbs), c(n * limbs), out(n * 2 * limbs, 5);
  unsigned state = 99;
  auto draw = [&](int kind) -> unsigned {
    state = state * 1664525u + 1013904223u;
    unsigned random = state ^ state >> 15;
    // Numbers of ones and zeros alone make carries run through all limbs.
    return kind == 0 ? 0xffffffffu : kind == 1 ? 0u : kind == 2 ? (random & 3 ? 0xffffffffu : random) : random;
  };
  for (int i = 0; i < n; i++)
    for (int limb = 0; limb < limbs; limb++) {
      a[i * limbs + limb] = draw(i % 5);
      b[i * limbs + limb] = draw(i / 5 % 5);
      c[i * limbs + limb] = draw(i / 25 % 5);
    }
  if (int status = multiply_add(a.data(), b.data(), c.data(), out.data(), n)) return std::printf("status %d\n", status), 1;
  for (int i = 0; i < n; i++) {
    unsigned want[2 * limbs] = {};
    for (int j = 0; j < limbs; j++) want[j] = c[i * limbs + j];
    for (int j = 0; j < limbs; j++) {
      unsigned long long carry = 0;
      for (int k = 0; k < limbs; k++) {
        carry += (unsigned long long)a[i * limbs + k] * b[i * limbs + j] + want[j + k];
        want[j + k] = (unsigned)carry;
        carry >>= 32;
      }
      for (int k = j + limbs; carry && k < 2 * limbs; k++) {
        carry += want[k];
        want[k] = (unsigned)carry;
        carry >>= 32;
      }
    }
    for (int j = 0; j < 2 * limbs; j++)
      if (out[i * 2 * limbs + j] != want[j]) {
        std::printf("product %d limb %d: %08x instead of %08x\n", i, j, out[i * 2 * limbs + j], want[j]);
        return 1;
      }
  }
  std::printf("PASS\n");
  return 0;
}
