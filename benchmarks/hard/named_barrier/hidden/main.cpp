#include <cstdio>
#include <vector>

#include "named_barrier.h"

static bool run(int segments, int length) {
  std::vector<unsigned char> codes(segments * length + 1);
  std::vector<unsigned> weights(segments * length + 1), table(256), sums(segments, 1);
  unsigned state = segments + 1000 * length;
  auto draw = [&] { return state = state * 1664525u + 1013904223u, state ^ state >> 16; };
  for (auto &each : table) each = draw();
  for (auto &each : weights) each = draw();
  for (auto &each : codes) each = (unsigned char)draw();
  int status = segment_sums(codes.data(), weights.data(), table.data(), sums.data(), segments, length);
  if (status) return std::printf("status %d\n", status), false;
  for (int s = 0; s < segments; s++) {
    unsigned want = 0;
    for (int i = s * length; i < (s + 1) * length; i++) want += table[codes[i]] * weights[i];
    if (sums[s] != want)
      return std::printf("%d elements, segment %d: %u instead of %u\n", length, s, sums[s], want), false;
  }
  return true;
}

int main() {
  bool good = true;
  for (int length : {1, 31, 63, 64, 95, 96, 97, 191, 192, 193, 288, 289, 1000}) good = good && run(5, length);
  good = good && run(1, 0) && run(67, 480);
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
