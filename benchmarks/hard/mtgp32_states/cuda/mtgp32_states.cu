#include "mtgp32_states.h"

#include <cuda_runtime.h>
#include <curand_kernel.h>
#include <curand_mtgp32_host.h>
#include <curand_mtgp32dc_p_11213.h>

constexpr int THREADS = 256;  // what one state of this generator serves

__global__ void draw(curandStateMtgp32* states, int samples, float* sums) {
  __shared__ float part[THREADS];
  float sum = 0.0f;
  // Every thread of the block draws in every turn: the state is moved on by all of them together.
  for (int i = 0; i < samples / THREADS; ++i) {
    const float x = 2.0f * curand_uniform(&states[blockIdx.x]);
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
  curandStateMtgp32* states;
  mtgp32_kernel_params* params;
  float* dsums;
  if (blocks > 200) return 1;  // as many independent generators as the header has parameters for
  if (cudaMalloc(&states, sizeof(curandStateMtgp32) * blocks) || cudaMalloc(&params, sizeof(mtgp32_kernel_params)) ||
      cudaMalloc(&dsums, sizeof(float) * blocks))
    return 2;
  if (curandMakeMTGP32Constants(mtgp32dc_params_fast_11213, params) != CURAND_STATUS_SUCCESS) return 3;
  if (curandMakeMTGP32KernelState(states, mtgp32dc_params_fast_11213, params, blocks, seed) != CURAND_STATUS_SUCCESS)
    return 4;
  draw<<<blocks, THREADS>>>(states, samples, dsums);
  if (cudaMemcpy(sums, dsums, sizeof(float) * blocks, cudaMemcpyDeviceToHost) != cudaSuccess) return 5;
  cudaFree(dsums);
  cudaFree(params);
  cudaFree(states);
  return 0;
}
