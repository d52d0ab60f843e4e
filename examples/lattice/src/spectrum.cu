// The power of the first modes along the channel: a plain Fourier sum, one block per mode, averaged over the rows.
#include <cooperative_groups.h>
#include <cuda_runtime.h>

#include "lattice/complex.cuh"
#include "lattice/kernels.h"
#include "lattice/launch.h"
#include "lattice/warp.cuh"

namespace cg = cooperative_groups;

namespace lattice {
namespace {

template <typename Tile>
__device__ float2 sum_over(const Tile& tile, float2 value) {
  for (int offset = tile.size() / 2; offset > 0; offset >>= 1)
    value += make_float2(tile.shfl_xor(value.x, offset), tile.shfl_xor(value.y, offset));
  return value;
}

__global__ void modes_of(Grid grid, const float2* velocity, const uint32_t* bits, float* power) {
  cg::thread_block block = cg::this_thread_block();
  auto warp = cg::tiled_partition<kWarp>(block);
  const int mode = block.group_index().x;
  float sum = 0.0f;
  // A warp takes a row at a time.
  for (int y = 1 + warp.meta_group_rank(); y < grid.height - 1; y += warp.meta_group_size()) {
    float2 coefficient = make_float2(0.0f, 0.0f);
    for (int x = warp.thread_rank(); x < grid.width; x += warp.size()) {
      const int cell = grid.index(x, y);
      if (bits[cell >> 5] >> (cell & 31) & 1u) continue;
      const float phase = -2.0f * (mode * x % grid.width) / grid.width;
      coefficient += velocity[cell] * unit_root(phase);
    }
    coefficient = sum_over(warp, coefficient);
    sum += squared_length((1.0f / grid.width) * coefficient);
  }
  // Every lane of a warp has its warp's sum: one of them brings it.
  sum = block::reduce(warp.thread_rank() == 0 ? sum : 0.0f, 0.0f, warp::Plus());
  if (block.thread_rank() == 0) power[mode] = sum / (grid.height - 2);
}

}  // namespace

std::vector<float> spectrum(const Settings& settings, const Fields& fields, int modes, cudaStream_t stream) {
  Buffer<float> power(modes);
  Grid grid = settings.grid;
  const float2* velocity = fields.velocity.data();
  const uint32_t* bits = fields.solid_bits.data();
  float* out = power.data();
  void* arguments[] = {&grid, &velocity, &bits, &out};
  CUDA_CHECK(cudaLaunchKernel(reinterpret_cast<const void*>(&modes_of), dim3(modes), dim3(kThreads), arguments, 0, stream));
  CUDA_CHECK(cudaStreamSynchronize(stream));
  return power.download();
}

}  // namespace lattice
