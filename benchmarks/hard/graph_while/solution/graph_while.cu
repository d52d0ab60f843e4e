#include "graph_while.h"

#include <hip/hip_runtime.h>

#include <utility>

__global__ void sweep(const float* from, float* to, int n, unsigned* moved) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  if (i == 0 || i == n - 1) {
    to[i] = from[i];
    return;
  }
  to[i] = 0.5f * (from[i - 1] + from[i + 1]);
  atomicMax(moved, __float_as_uint(fabsf(to[i] - from[i])));
}

int relax(float* bar, int n, float tolerance, int limit) {
  if (limit <= 0) return 0;
  const size_t bytes = n * sizeof(float);
  float *now = nullptr, *next = nullptr;
  unsigned* moved = nullptr;
  if (hipMalloc(&now, bytes) != hipSuccess || hipMalloc(&next, bytes) != hipSuccess ||
      hipMalloc(&moved, sizeof(unsigned)) != hipSuccess)
    return -1;
  (void)hipMemcpy(now, bar, bytes, hipMemcpyHostToDevice);

  // HIP's graphs have no conditional nodes: the host looks at the largest step after each sweep.
  int sweeps = 0;
  float largest = 0;
  do {
    (void)hipMemset(moved, 0, sizeof(unsigned));
    sweep<<<(n + 127) / 128, 128>>>(now, next, n, moved);
    if (hipMemcpy(&largest, moved, sizeof largest, hipMemcpyDeviceToHost) != hipSuccess) return -4;
    std::swap(now, next);
    ++sweeps;
  } while (largest > tolerance && sweeps < limit);

  (void)hipMemcpy(bar, now, bytes, hipMemcpyDeviceToHost);
  (void)hipFree(moved);
  (void)hipFree(next);
  (void)hipFree(now);
  return sweeps;
}
