#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>

#include "computed_include.h"

static uint32_t bits(float value) {
  uint32_t out;
  std::memcpy(&out, &value, 4);
  return out;
}

static uint16_t to_brain(float value) {
  const uint32_t u = bits(value);
  return static_cast<uint16_t>((u + 0x7FFF + (u >> 16 & 1)) >> 16);
}

static float from_brain(uint16_t value) {
  const uint32_t u = static_cast<uint32_t>(value) << 16;
  float out;
  std::memcpy(&out, &u, 4);
  return out;
}

static uint16_t to_half(float value) {
  const uint16_t sign = bits(value) >> 16 & 0x8000;
  const double size = std::fabs(value);
  if (size >= 65520) return sign | 0x7C00;
  int exponent = size == 0 ? -14 : std::max(-14, std::ilogb(size));
  const double steps = std::nearbyint(std::ldexp(size, 10 - exponent));  // ties to even
  const int count = static_cast<int>(steps) + ((exponent + 14) << 10);    // a carry moves into the exponent by itself
  return sign | static_cast<uint16_t>(count);
}

static float from_half(uint16_t value) {
  const int exponent = value >> 10 & 31, mantissa = value & 1023;
  const double size = exponent ? std::ldexp(1024 + mantissa, exponent - 25) : std::ldexp(mantissa, -24);
  return static_cast<float>(value & 0x8000 ? -size : size);
}

int main() {
  const int n = 700;
  std::vector<float> in(n);
  for (int i = 0; i < n; ++i) in[i] = (i % 2 ? -1 : 1) * std::pow(1.043f, static_cast<float>(i - 400)) * 3.3f;
  for (const Storage storage : {HALF, BRAIN}) {
    std::vector<uint16_t> out(n, 0xABCD);
    if (const int code = quantise(storage, in.data(), 0.37f, out.data(), n)) {
      std::printf("failed with %d\n", code);
      return 1;
    }
    for (int i = 0; i < n; ++i) {
      if (storage == HALF && std::fabs(in[i]) > 60000) continue;
      const uint16_t wanted = storage == HALF ? to_half(from_half(to_half(in[i])) * 0.37f)
                                              : to_brain(from_brain(to_brain(in[i])) * 0.37f);
      if (out[i] != wanted) {
        std::printf("type %d, element %d (%g): %04x, not %04x\n", storage, i, in[i], out[i], wanted);
        return 1;
      }
    }
  }
  std::printf("PASS\n");
  return 0;
}
