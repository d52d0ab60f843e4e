#include "mtgp32_states.h"

#include <hip/hip_runtime.h>
#include <hiprand/hiprand_kernel.h>

constexpr int THREADS = 256;

// Philox counts instead of carrying a state that a block shares: each thread has a stream of its own.
__global__ void draw(uint64_t seed, int samples, float* sums) {
  __shared__ float part[THREADS];
  hiprandStatePhilox4_32_10_t state;
  hiprand_init(seed, blockIdx.x * THREADS + threadIdx.x, 0, &state);
  float sum = 0.0f;
  for (int i = 0; i < samples / THREADS; ++i) {
    const float x = 2.0f * hiprand_uniform(&state);
    sum += expf(-0.5f * x * x);
  }
  part[threadIdx.x] = sum;
  __syncthreads();
  for (int half = THREADS / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) part[threadIdx.x] += part[threadIdx.x + half];
    __syncthreads();
  }
  if (threadIdx.x == 0) sums[blockIdx.x] = 2.0f * part[0] / samples;
}

int integrate(uint64_t seed, int blocks, int samples, float* sums) {
  float* dsums;
  if (hipMalloc(&dsums, sizeof(float) * blocks) != hipSuccess) return 2;
  draw<<<blocks, THREADS>>>(seed, samples, dsums);
  if (hipMemcpy(sums, dsums, sizeof(float) * blocks, hipMemcpyDeviceToHost) != hipSuccess) return 5;
  (void)hipFree(dsums);
  return 0;
}
