#include <cuda_fp16.h>

#if defined(__CUDACC__)
#define HD __host__ __device__
#else
#define HD
#endif

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 600
__device__ double atomicAdd(double* address, double value) { return *address += value; }
#endif

// A rename of the guard alone would leave this kernel empty.
__global__ void scale(half* data, float factor, int n) {
#if __CUDA_ARCH__ >= 530
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) data[i] = __hmul(data[i], __float2half(factor));
#endif
}

HD inline int twice(int x) {
#ifdef __CUDA_ARCH__
  return x << 1;
#else
  return 2 * x;
#endif
}
