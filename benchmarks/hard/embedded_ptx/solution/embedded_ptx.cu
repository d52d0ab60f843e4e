#include "embedded_ptx.h"

#include <hip/hip_runtime.h>

#define CHECK(call) \
  if ((call) != hipSuccess) return 1

// The PTX of hash_ptx.h in HIP.
__global__ void hash_rows_kernel(const uint32_t* rows, int words, uint32_t seed, uint32_t* hashes, int n) {
  const int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= n) return;
  uint32_t h = seed;
  for (int i = 0; i < words; ++i) {
    const uint32_t mixed = (h ^ rows[row * words + i]) * 0x9E3779B1u;
    h = __funnelshift_l(mixed, mixed, 13) + 0x85EBCA77u;
  }
  hashes[row] = __umulhi(h, 0xC2B2AE3Du) ^ h;
}

int hash_rows(const uint32_t* rows, int words, uint32_t seed, uint32_t* hashes, int n) {
  uint32_t *drows, *dhashes;
  CHECK(hipMalloc((void**)&drows, sizeof(uint32_t) * n * words));
  CHECK(hipMalloc((void**)&dhashes, sizeof(uint32_t) * n));
  CHECK(hipMemcpy(drows, rows, sizeof(uint32_t) * n * words, hipMemcpyHostToDevice));
  hash_rows_kernel<<<(n + 63) / 64, 64>>>(drows, words, seed, dhashes, n);
  CHECK(hipMemcpy(hashes, dhashes, sizeof(uint32_t) * n, hipMemcpyDeviceToHost));
  (void)hipFree(dhashes);
  (void)hipFree(drows);
  return 0;
}
