#include "wide_cas.h"

#include <cstdint>

#include "buffer.h"

struct alignas(16) Best {
  double distance;
  long long number;
};

// What was there before.
__device__ __forceinline__ Best swap_if_equal(Best *at, Best expected, Best wanted) {
  uint64_t low, high;
  asm volatile(
      "{\n\t"
      ".reg .b128 old, cmp, val;\n\t"
      "mov.b128 cmp, {%3, %4};\n\t"
      "mov.b128 val, {%5, %6};\n\t"
      "atom.relaxed.gpu.global.cas.b128 old, [%2], cmp, val;\n\t"
      "mov.b128 {%0, %1}, old;\n\t"
      "}"
      : "=l"(low), "=l"(high)
      : "l"(at), "l"(__double_as_longlong(expected.distance)), "l"(expected.number),
        "l"(__double_as_longlong(wanted.distance)), "l"(wanted.number)
      : "memory");
  return {__longlong_as_double(low), (long long)high};
}

__global__ void clear(Best *best, int cells) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < cells) best[i] = {-1.0, -1};
}

__global__ void improve(const int *cell_of, const double *distances, const long long *numbers, int n, Best *best) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  Best mine = {distances[i], numbers[i]};
  Best *at = &best[cell_of[i]];
  Best known = {-1.0, -1};
  while (known.number < 0 || mine.distance < known.distance ||
         (mine.distance == known.distance && mine.number < known.number)) {
    Best seen = swap_if_equal(at, known, mine);
    if (seen.number == known.number && seen.distance == known.distance) return;
    known = seen;
  }
}

int nearest(const int *cell_of, const double *distances, const long long *numbers, int n, int cells, double *distance,
            long long *number) {
  Buffer<int> d_cells(cell_of, n);
  Buffer<double> d_distances(distances, n);
  Buffer<long long> d_numbers(numbers, n);
  Buffer<Best> d_best(cells);
  clear<<<(cells + 127) / 128, 128>>>(d_best.data, cells);
  improve<<<(n + 127) / 128, 128>>>(d_cells.data, d_distances.data, d_numbers.data, n, d_best.data);
  int status = finished();
  Best *best = new Best[cells];
  d_best.read(best);
  for (int i = 0; i < cells; i++) {
    distance[i] = best[i].distance;
    number[i] = best[i].number;
  }
  delete[] best;
  return status;
}
