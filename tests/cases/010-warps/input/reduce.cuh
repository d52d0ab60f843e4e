#pragma once
#define FULL_MASK 0xffffffff
#define WARP_SIZE 32

// Sum over a warp; every lane gets it.
template <typename T>
__device__ __forceinline__ T warp_sum(T value) {
#pragma unroll
  for (int offset = WARP_SIZE / 2; offset > 0; offset >>= 1) {
    value += __shfl_xor_sync(FULL_MASK, value, offset);
  }
  return value;
}

__device__ inline int compact_slot(bool keep, int* counter) {
  unsigned ballot = __ballot_sync(FULL_MASK, keep);
  int lane = threadIdx.x % warpSize;
  int base = 0;
  if (lane == 0) base = atomicAdd(counter, __popc(ballot));
  base = __shfl_sync(FULL_MASK, base, 0);
  return base + __popc(ballot & ((1u << lane) - 1));
}
