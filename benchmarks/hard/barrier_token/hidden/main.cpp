#include <algorithm>
#include <cstdio>
#include <vector>

#include "barrier_token.h"

int main() {
  const int stride = 130;
  const int sizes[] = {0, 1, 2, 31, 32, 33, 63, 64, 65, 100, 127, 128};
  std::vector<int> na, nb;
  for (int x : sizes)
    for (int y : sizes) na.push_back(x), nb.push_back(y);
  int pairs = (int)na.size();
  std::vector<unsigned char> a(pairs * stride), b(pairs * stride);
  unsigned state = 5;
  for (auto *texts : {&a, &b})
    for (auto &each : *texts) state = state * 1664525u + 1013904223u, each = (unsigned char)('a' + (state >> 24) % 5);
  std::vector<int> out(pairs, -1);
  int status = common_lengths(a.data(), na.data(), b.data(), nb.data(), stride, pairs, out.data());
  if (status) return std::printf("status %d\n", status), 1;
  for (int p = 0; p < pairs; p++) {
    std::vector<std::vector<int>> cell(na[p] + 1, std::vector<int>(nb[p] + 1, 0));
    for (int i = 1; i <= na[p]; i++)
      for (int j = 1; j <= nb[p]; j++)
        cell[i][j] = a[p * stride + i - 1] == b[p * stride + j - 1] ? cell[i - 1][j - 1] + 1
                                                                    : std::max(cell[i - 1][j], cell[i][j - 1]);
    int want = cell[na[p]][nb[p]];
    if (out[p] != want) return std::printf("%d and %d bytes: %d instead of %d\n", na[p], nb[p], out[p], want), 1;
  }
  std::printf("PASS\n");
  return 0;
}
