#include <hip/hip_runtime.h>
#include <hip/hip_fp16.h>

#if defined(__HIPCC__)
#define HD __host__ __device__
#else
#define HD
#endif

#if 0  // defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 600
__attribute__((enable_if(true, "preferred to HIP's function"))) __device__ double atomicAdd(double* address, double value) { return *address += value; }
#endif

// A rename of the guard alone would leave this kernel empty.
__global__ void scale(half* data, float factor, int n) {
#if defined(__HIP_DEVICE_COMPILE__)
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) data[i] = __hmul(data[i], __float2half(factor));
#endif
}

HD inline int twice(int x) {
#ifdef __HIP_DEVICE_COMPILE__
  return x << 1;
#else
  return 2 * x;
#endif
}
