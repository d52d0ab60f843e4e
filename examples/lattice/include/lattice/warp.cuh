// What a warp of 32 lanes does together.
#pragma once

#include <cuda_runtime.h>

#include "lattice/launch.h"

namespace lattice {
namespace warp {

constexpr unsigned kAll = 0xffffffffu;

__device__ __forceinline__ unsigned lane() {
  unsigned id;
  asm("mov.u32 %0, %%laneid;" : "=r"(id));
  return id;
}

__device__ __forceinline__ unsigned lanes_below() {
  unsigned mask;
  asm("mov.u32 %0, %%lanemask_lt;" : "=r"(mask));
  return mask;
}

struct Plus {
  template <typename T>
  __device__ __forceinline__ T operator()(T a, T b) const {
    return a + b;
  }
};

struct Maximum {
  template <typename T>
  __device__ __forceinline__ T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};

template <typename T, typename Combine>
__device__ __forceinline__ T reduce(T value, Combine combine) {
#pragma unroll
  for (int offset = kWarp / 2; offset > 0; offset >>= 1)
    value = combine(value, __shfl_down_sync(kAll, value, offset));
  return value;  // of lane 0
}

template <typename T>
__device__ __forceinline__ T inclusive_scan(T value) {
#pragma unroll
  for (int offset = 1; offset < kWarp; offset <<= 1) {
    const T below = __shfl_up_sync(kAll, value, offset);
    if (lane() >= offset) value += below;
  }
  return value;
}

template <typename T>
__device__ __forceinline__ T broadcast(T value, int from) {
  return __shfl_sync(kAll, value, from);
}

}  // namespace warp

namespace block {

// The result is thread 0's. Every thread of the block has to come here; kThreads of them.
template <typename T, typename Combine>
__device__ T reduce(T value, T neutral, Combine combine) {
  __shared__ T partial[kWarpsPerBlock];
  const int warp_id = threadIdx.x / warpSize;
  value = warp::reduce(value, combine);
  __syncthreads();  // of an earlier use
  if (threadIdx.x % warpSize == 0) partial[warp_id] = value;
  __syncthreads();
  if (warp_id == 0) {
    value = threadIdx.x < kWarpsPerBlock ? partial[threadIdx.x] : neutral;
    value = warp::reduce(value, combine);
  }
  return value;
}

// An exclusive scan over the block; `total` is every thread's.
template <typename T>
__device__ T exclusive_scan(T value, T& total) {
  __shared__ T sums[kWarpsPerBlock + 1];
  const int warp_id = threadIdx.x / kWarp;
  const T through = warp::inclusive_scan(value);
  __syncthreads();
  if (warp::lane() == kWarp - 1) sums[warp_id] = through;
  __syncthreads();
  if (warp_id == 0) {
    const T mine = warp::lane() < kWarpsPerBlock ? sums[warp::lane()] : T(0);
    const T scanned = warp::inclusive_scan(mine);
    __syncwarp();
    if (warp::lane() < kWarpsPerBlock) sums[warp::lane()] = scanned - mine;
    if (warp::lane() == kWarpsPerBlock - 1) sums[kWarpsPerBlock] = scanned;
  }
  __syncthreads();
  total = sums[kWarpsPerBlock];
  return sums[warp_id] + through - value;
}

}  // namespace block
}  // namespace lattice
