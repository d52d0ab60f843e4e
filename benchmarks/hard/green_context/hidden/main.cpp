#include <cstdio>
#include <vector>

#include "green_context.h"

static bool check(int blocks, int size) {
  std::vector<uint8_t> data(blocks * size);
  for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i * i * 31 % 251 + i % 5);
  std::vector<uint32_t> checks(blocks, 5), histogram(256, 5), expected(256, 0);
  if (const int code = scan_blocks(data.data(), blocks, size, checks.data(), histogram.data())) {
    std::printf("failed with %d\n", code);
    return false;
  }
  for (int b = 0; b < blocks; ++b) {
    uint32_t sum = 0;
    for (int i = 0; i < size; ++i) sum += data[b * size + i] * (i + 1u);
    if (checks[b] != sum) {
      std::printf("block %d: %u, not %u\n", b, checks[b], sum);
      return false;
    }
  }
  for (const uint8_t each : data) ++expected[each];
  for (int v = 0; v < 256; ++v)
    if (histogram[v] != expected[v]) {
      std::printf("value %d occurs %u times, not %u\n", v, histogram[v], expected[v]);
      return false;
    }
  return true;
}

int main() {
  if (!check(37, 300) || !check(3, 1000) || !check(1, 1)) return 1;
  std::printf("PASS\n");
  return 0;
}
