#include <hip/hip_runtime.h>
#include "wide_cas.h"

#include <cstring>

#include "buffer.h"

// Not negative, so its bits are in the order of the numbers.
struct Best {
  unsigned long long distance;
  unsigned long long number;
};

__global__ void clear(Best *best, int cells) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < cells) best[i] = {~0ull, ~0ull};
}

// The least distance first; only then is it known whose numbers count.
__global__ void improve(const int *cell_of, const double *distances, int n, Best *best) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) atomicMin(&best[cell_of[i]].distance, (unsigned long long)__double_as_longlong(distances[i]));
}

__global__ void choose(const int *cell_of, const double *distances, const long long *numbers, int n, Best *best) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  Best *at = &best[cell_of[i]];
  if (at->distance == (unsigned long long)__double_as_longlong(distances[i]))
    atomicMin(&at->number, (unsigned long long)numbers[i]);
}

int nearest(const int *cell_of, const double *distances, const long long *numbers, int n, int cells, double *distance,
            long long *number) {
  Buffer<int> d_cells(cell_of, n);
  Buffer<double> d_distances(distances, n);
  Buffer<long long> d_numbers(numbers, n);
  Buffer<Best> d_best(cells);
  clear<<<(cells + 127) / 128, 128>>>(d_best.data, cells);
  improve<<<(n + 127) / 128, 128>>>(d_cells.data, d_distances.data, n, d_best.data);
  choose<<<(n + 127) / 128, 128>>>(d_cells.data, d_distances.data, d_numbers.data, n, d_best.data);
  int status = finished();
  Best *best = new Best[cells];
  d_best.read(best);
  for (int i = 0; i < cells; i++) {
    bool any = best[i].distance != ~0ull;
    memcpy(&distance[i], &best[i].distance, sizeof distance[i]);
    if (!any) distance[i] = -1;
    number[i] = any ? (long long)best[i].number : -1;
  }
  delete[] best;
  return status;
}
