#include <hip/hip_runtime.h>
#include "large_tiles.h"

#include <climits>

#include "buffer.h"

static const int kThreads = 512, kTile = 128, kWarps = kThreads / 32;

template <class F>
__device__ int reduce(int value, F combine, int *scratch) {
  for (int offset = 16; offset; offset >>= 1) value = combine(value, __shfl_xor(value, offset, 32));
  if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = value;
  __syncthreads();
  int first = threadIdx.x / kTile * (kTile / 32);
  value = scratch[first];
  for (int i = 1; i < kTile / 32; i++) value = combine(value, scratch[first + i]);
  return value;
}

// kTile threads for each row, then for the next that none have yet. All threads of a block go round equally often, with
// or without a row of their own, since they meet at barriers.
__global__ void __launch_bounds__(kThreads) maxima(const int *numbers, int rows, int width, int *greatest, int *place) {
  __shared__ int scratch[2][kWarps];
  int tiles = kThreads / kTile, tile = threadIdx.x / kTile, rank = threadIdx.x % kTile;
  for (int from = blockIdx.x * tiles; from < rows; from += gridDim.x * tiles) {
    int row = from + tile, count = row < rows ? width : 0;
    const int *mine = numbers + (size_t)row * width;
    int best = INT_MIN, at = INT_MAX;
    for (int i = rank; i < count; i += kTile) best = max(best, mine[i]);
    best = reduce(best, [](int a, int b) { return a < b ? b : a; }, scratch[0]);
    for (int i = rank; i < count; i += kTile)
      if (mine[i] == best) at = min(at, i);
    at = reduce(at, [](int a, int b) { return b < a ? b : a; }, scratch[1]);
    if (rank == 0 && row < rows) {
      greatest[row] = best;
      place[row] = at;
    }
  }
}

int row_maxima(const int *numbers, int rows, int width, int *greatest, int *place) {
  Buffer<int> d_numbers(numbers, (size_t)rows * width), d_greatest(rows), d_place(rows);
  maxima<<<2, kThreads>>>(d_numbers.data, rows, width, d_greatest.data, d_place.data);
  int status = finished();
  d_greatest.read(greatest);
  d_place.read(place);
  return status;
}
