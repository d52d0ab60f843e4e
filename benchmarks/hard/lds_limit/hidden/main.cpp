#include <cstdio>
#include <vector>

#include "lds_limit.h"

static bool run(int rows, int width, int bins) {
  std::vector<int> numbers(rows * width + 1);
  std::vector<unsigned> counts(rows * bins, 8), want(rows * bins, 0);
  unsigned state = rows + width + bins;
  for (int i = 0; i < rows * width; i++) {
    state = state * 1664525u + 1013904223u;
    numbers[i] = i % 11 == 0 ? bins - 1 : i % 13 == 0 ? bins : i % 17 == 0 ? -1 : (int)((state >> 8) % bins);
    if (numbers[i] >= 0 && numbers[i] < bins) want[i / width * bins + numbers[i]]++;
  }
  int status = row_histograms(numbers.data(), rows, width, bins, counts.data());
  if (status) return std::printf("status %d\n", status), false;
  for (int i = 0; i < rows * bins; i++)
    if (counts[i] != want[i])
      return std::printf("row %d, bin %d of %d: %u instead of %u\n", i / bins, i % bins, bins, counts[i], want[i]), false;
  return true;
}

int main() {
  bool good = run(2, 3000, 24000) && run(1, 100, 1) && run(3, 1000, 16384) && run(3, 1000, 16385) && run(1, 0, 7) &&
              run(2, 5000, 12001);
  std::vector<unsigned> none(1);
  if (good && !row_histograms(nullptr, 0, 0, 24001, none.data())) good = false, std::printf("too many bins pass\n");
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
