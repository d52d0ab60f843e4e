#include <hip/hip_runtime.h>
#include "lds_limit.h"

#include "buffer.h"

static const int kMostBins = 24000;

static const int kBinsOfBlock = 12000;  // 47 KiB

// Blocks (r, p) for each row; each has a part of its bins in shared memory.
__global__ void histogram(const int *numbers, int width, int bins, unsigned *counts) {
  __shared__ unsigned mine[kBinsOfBlock];
  int first = blockIdx.y * kBinsOfBlock, count = min(kBinsOfBlock, bins - first);
  for (int i = threadIdx.x; i < count; i += blockDim.x) mine[i] = 0;
  __syncthreads();
  const int *row = numbers + (size_t)blockIdx.x * width;
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    int number = row[i] - first;
    if (number >= 0 && number < count) atomicAdd(&mine[number], 1u);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < count; i += blockDim.x) counts[(size_t)blockIdx.x * bins + first + i] = mine[i];
}

int row_histograms(const int *numbers, int rows, int width, int bins, unsigned *counts) {
  if (bins > kMostBins) return -1;
  Buffer<int> d_numbers(numbers, (size_t)rows * width);
  Buffer<unsigned> d_counts((size_t)rows * bins);
  dim3 grid(rows, (bins + kBinsOfBlock - 1) / kBinsOfBlock);
  histogram<<<grid, 256>>>(d_numbers.data, width, bins, d_counts.data);
  int status = finished();
  d_counts.read(counts);
  return status;
}
