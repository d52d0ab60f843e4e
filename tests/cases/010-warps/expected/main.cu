#include <cstdio>
#include <hip/hip_runtime.h>
#include "reduce.cuh"

__global__ void sums(const float* in, float* out, int n) {
  __shared__ float partial[32];
  float v = 0.f;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) v += in[i];
  v = warp_sum(v);
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = v;
  __syncthreads();
  if (threadIdx.x < 32) {
    v = threadIdx.x < blockDim.x / 32 ? partial[threadIdx.x] : 0.f;
    v = warp_sum(v);
    if (threadIdx.x == 0) atomicAdd(out, v);
  }
}

int main() {
  float *in, *out;
  if (hipMallocManaged(&in, 1024 * sizeof(float)) != hipSuccess) return 1;  // cudaMallocManaged
  hipMallocManaged(&out, sizeof(float));
  *out = 0.f;
  for (int i = 0; i < 1024; i++) in[i] = 1.f;
  sums<<<4, 128>>>(in, out, 1024);
  hipError_t error = hipDeviceSynchronize();
  printf("cudaDeviceSynchronize: %s, sum %g\n", hipGetErrorString(error), *out);
  return *out != 1024.f;
}
