// The velocity field as pairs of halves, and a hash of it that does not depend on the order of the cells' visits.
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include "lattice/kernels.h"
#include "lattice/launch.h"
#include "lattice/snapshot.h"
#include "lattice/warp.cuh"

namespace lattice {
namespace {

__device__ __forceinline__ __half2 packed(float2 velocity) {
#if __CUDA_ARCH__ >= 530
  const __half2 pair = __float22half2_rn(velocity);
  return __hmul2(pair, __float2half2_rn(kSnapshotScale));
#else
  return __floats2half2_rn(velocity.x * kSnapshotScale, velocity.y * kSnapshotScale);
#endif
}

__global__ void pack(const float2* velocity, const uint32_t* bits, int cells, uint32_t* pairs) {
#if !defined(__CUDA_ARCH__) || (__CUDA_ARCH__ >= 530)
  KERNEL_LOOP(cell, cells) {
    const bool stopped = bits[cell >> 5] >> (cell & 31) & 1u;
    const __half2 pair = stopped ? __float2half2_rn(0.0f) : packed(velocity[cell]);
    pairs[cell] = *reinterpret_cast<const uint32_t*>(&pair);
  }
#endif
}

// The device's own instructions for what `mixed` in snapshot.h says in C++.
__device__ uint32_t mixed_on_device(uint32_t word, uint32_t position) {
  uint32_t swapped, chosen;
  asm("prmt.b32 %0, %1, %2, 0x2105;" : "=r"(swapped) : "r"(word), "r"(position));
  asm("lop3.b32 %0, %1, %2, %3, 0x96;" : "=r"(chosen) : "r"(swapped), "r"(word), "r"(position));
  unsigned long long wide;
  asm("mad.wide.u32 %0, %1, %2, %3;"
      : "=l"(wide)
      : "r"(chosen), "r"(0x85ebca6bu), "l"(static_cast<unsigned long long>(position)));
  const uint32_t low = static_cast<uint32_t>(wide), high = static_cast<uint32_t>(wide >> 32);
  return __funnelshift_l(low, high, 13) ^ __byte_perm(low, high, 0x3715);
}

__global__ void checksum(const uint32_t* pairs, int cells, uint32_t* out) {
  uint32_t mine = 0;
  KERNEL_LOOP(cell, cells) mine ^= mixed_on_device(pairs[cell], cell);
#if __CUDA_ARCH__ >= 800
  mine = __reduce_xor_sync(warp::kAll, mine);
#else
  for (int offset = kWarp / 2; offset > 0; offset >>= 1) mine ^= __shfl_xor_sync(warp::kAll, mine, offset);
#endif
  if (warp::lane() == 0) atomicXor(out, mine);
}

}  // namespace

Snapshot take_snapshot(const Settings& settings, const Fields& fields, cudaStream_t stream) {
  const int cells = settings.grid.cells();
  Snapshot snapshot{Buffer<uint32_t>(cells), 0};
  Buffer<uint32_t> sum(1);
  sum.clear(stream);
  LAUNCH(pack, cells, stream, fields.velocity.data(), fields.solid_bits.data(), cells, snapshot.pairs.data());
  LAUNCH(checksum, cells, stream, snapshot.pairs.data(), cells, sum.data());
  CUDA_CHECK(cudaMemcpyAsync(&snapshot.checksum, sum.data(), sizeof(uint32_t), cudaMemcpyDeviceToHost, stream));
  CUDA_CHECK(cudaStreamSynchronize(stream));
  return snapshot;
}

}  // namespace lattice
