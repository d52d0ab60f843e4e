#include "long_rows.h"

#include <cuda_runtime.h>

#define TRY(call)                         \
  do {                                    \
    cudaError_t status = (call);          \
    if (status != cudaSuccess) return status; \
  } while (0)

static const int kLong = 64;      // entries from which on a row is worth blocks of its own
static const int kPerBlock = 256; // entries that a block of a long row takes

__inline__ __device__ long long warp_sum(long long value) {
  for (int offset = warpSize / 2; offset > 0; offset /= 2) value += __shfl_down_sync(0xffffffff, value, offset);
  return value;
}

// One row, spread over as many blocks as it has entries for.
__global__ void long_row(const int *columns, const int *values, int first, int last, const int *x, long long *y) {
  int begin = first + blockIdx.x * kPerBlock;
  int end = min(begin + kPerBlock, last);
  long long sum = 0;
  for (int i = begin + threadIdx.x; i < end; i += blockDim.x) sum += (long long)values[i] * x[columns[i]];
  sum = warp_sum(sum);
  if ((threadIdx.x & 31) == 0) atomicAdd((unsigned long long *)y, (unsigned long long)sum);
}

// A thread for each row; who finds a long one has others do it.
__global__ void multiply(const int *offsets, const int *columns, const int *values, int rows, const int *x,
                         long long *y) {
  int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  int first = offsets[row], last = offsets[row + 1];
  y[row] = 0;
  if (last - first >= kLong) {
    int blocks = (last - first + kPerBlock - 1) / kPerBlock;
    long_row<<<blocks, 64>>>(columns, values, first, last, x, y + row);
    return;
  }
  long long sum = 0;
  for (int i = first; i < last; i++) sum += (long long)values[i] * x[columns[i]];
  y[row] = sum;
}

int sparse_multiply(const int *offsets, const int *columns, const int *values, int rows, const int *x, int columns_of_a,
                    long long *y) {
  int entries = offsets[rows];
  int *d_offsets, *d_columns, *d_values, *d_x;
  long long *d_y;
  TRY(cudaMalloc(&d_offsets, (rows + 1) * sizeof(int)));
  TRY(cudaMalloc(&d_columns, (entries + 1) * sizeof(int)));
  TRY(cudaMalloc(&d_values, (entries + 1) * sizeof(int)));
  TRY(cudaMalloc(&d_x, columns_of_a * sizeof(int)));
  TRY(cudaMalloc(&d_y, rows * sizeof(long long)));
  TRY(cudaMemcpy(d_offsets, offsets, (rows + 1) * sizeof(int), cudaMemcpyHostToDevice));
  TRY(cudaMemcpy(d_columns, columns, entries * sizeof(int), cudaMemcpyHostToDevice));
  TRY(cudaMemcpy(d_values, values, entries * sizeof(int), cudaMemcpyHostToDevice));
  TRY(cudaMemcpy(d_x, x, columns_of_a * sizeof(int), cudaMemcpyHostToDevice));
  multiply<<<(rows + 127) / 128, 128>>>(d_offsets, d_columns, d_values, rows, d_x, d_y);
  TRY(cudaGetLastError());
  TRY(cudaDeviceSynchronize());
  TRY(cudaMemcpy(y, d_y, rows * sizeof(long long), cudaMemcpyDeviceToHost));
  cudaFree(d_offsets);
  cudaFree(d_columns);
  cudaFree(d_values);
  cudaFree(d_x);
  cudaFree(d_y);
  return 0;
}
