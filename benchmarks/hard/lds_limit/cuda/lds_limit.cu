#include "lds_limit.h"

#include "buffer.h"

static const int kMostBins = 24000;

// A block for each row; all of its bins are in shared memory.
__global__ void histogram(const int *numbers, int width, int bins, unsigned *counts) {
  extern __shared__ unsigned mine[];
  for (int i = threadIdx.x; i < bins; i += blockDim.x) mine[i] = 0;
  __syncthreads();
  const int *row = numbers + (size_t)blockIdx.x * width;
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    int number = row[i];
    if (number >= 0 && number < bins) atomicAdd(&mine[number], 1u);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < bins; i += blockDim.x) counts[(size_t)blockIdx.x * bins + i] = mine[i];
}

int row_histograms(const int *numbers, int rows, int width, int bins, unsigned *counts) {
  if (bins > kMostBins) return -1;
  const int bytes = kMostBins * 4;
  cudaError_t allowed = cudaFuncSetAttribute(histogram, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
  if (allowed != cudaSuccess) return allowed;
  Buffer<int> d_numbers(numbers, (size_t)rows * width);
  Buffer<unsigned> d_counts((size_t)rows * bins);
  histogram<<<rows, 256, bytes>>>(d_numbers.data, width, bins, d_counts.data);
  int status = finished();
  d_counts.read(counts);
  return status;
}
