#include <cstdio>
#include <vector>

#include "long_rows.h"

static unsigned state = 12345;
static int draw(int below) {
  state = state * 1664525u + 1013904223u;
  return (int)((state >> 8) % (unsigned)below);
}

static bool run(const char *name, const std::vector<int> &lengths) {
  const int width = 500;
  int rows = (int)lengths.size();
  std::vector<int> offsets{0}, columns, values, x;
  for (int length : lengths) {
    for (int i = 0; i < length; i++) {
      columns.push_back(draw(width));
      values.push_back(draw(2000001) - 1000000);
    }
    offsets.push_back((int)columns.size());
  }
  columns.push_back(0);  // so that an empty matrix has an address
  values.push_back(0);
  for (int i = 0; i < width; i++) x.push_back(draw(2000001) - 1000000);
  std::vector<long long> y(rows, -7);
  int status = sparse_multiply(offsets.data(), columns.data(), values.data(), rows, x.data(), width, y.data());
  if (status) return std::printf("%s: status %d\n", name, status), false;
  for (int row = 0; row < rows; row++) {
    long long sum = 0;
    for (int i = offsets[row]; i < offsets[row + 1]; i++) sum += (long long)values[i] * x[columns[i]];
    if (sum != y[row]) return std::printf("%s: row %d: %lld instead of %lld\n", name, row, y[row], sum), false;
  }
  return true;
}

int main() {
  std::vector<int> mixed, all_long(70, 300);
  for (int i = 0; i < 333; i++) mixed.push_back(i % 7 == 0 ? 64 + draw(900) : draw(20));
  bool good = run("short", {1, 0, 3, 63}) && run("limit", {63, 64, 65, 0, 255, 256, 257, 1024, 1025}) &&
              run("mixed", mixed) && run("long", all_long) && run("one", {2000}) && run("empty", {0, 0});
  if (good) std::printf("PASS\n");
  return good ? 0 : 1;
}
