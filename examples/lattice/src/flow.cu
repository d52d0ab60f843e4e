// Collision and streaming, fused: each cell gathers the populations that arrive, relaxes them and writes them once.
#include <cuda_runtime.h>

#include "lattice/kernels.h"
#include "lattice/launch.h"
#include "lattice/warp.cuh"

namespace lattice {
namespace {

__constant__ Constants c_lattice;
__constant__ Settings c_settings;

__device__ __forceinline__ bool is_solid(const uint32_t* __restrict__ bits, int cell) {
  return __ldg(bits + (cell >> 5)) >> (cell & 31) & 1u;
}

// One bit per cell: every warp votes for its 32 cells.
__global__ void mark_solid(uint32_t* bits) {
  const Grid grid = c_settings.grid;
  const int cell = blockIdx.x * blockDim.x + threadIdx.x;
  const bool inside = cell < grid.cells();
  const bool mine = inside && solid(grid, cell % grid.width, cell / grid.width);
  const unsigned word = __ballot_sync(warp::kAll, mine);
  if (inside && warp::lane() == 0) bits[cell / warpSize] = word;
}

__global__ void fill(float* now, float2* velocity, float* density) {
  const int cells = c_settings.grid.cells();
  KERNEL_LOOP(cell, cells) {
    // A little noise, so that the flow is not the same everywhere.
    const float noise = (hash(c_settings.seed, cell) >> 8) * (1.0f / 16777216.0f) - 0.5f;
    const float rho = 1.0f + 1e-3f * noise;
    density[cell] = rho;
    velocity[cell] = make_float2(0.0f, 0.0f);
#pragma unroll
    for (int i = 0; i < kDirections; ++i)
      now[i * cells + cell] = equilibrium(c_lattice.weight[i], rho, 0.0f, 0.0f, c_lattice.dx[i], c_lattice.dy[i]);
  }
}

template <bool kForced>
__global__ void __launch_bounds__(kThreads, 4)
    collide(const float* __restrict__ now, float* __restrict__ next, const uint32_t* __restrict__ bits,
            float2* __restrict__ velocity, float* __restrict__ density) {
  const Grid grid = c_settings.grid;
  const int cells = grid.cells();
  KERNEL_LOOP(cell, cells) {
    const int x = cell % grid.width, y = cell / grid.width;
    if (is_solid(bits, cell)) {
      for (int i = 0; i < kDirections; ++i) next[i * cells + cell] = now[i * cells + cell];
      continue;
    }
    float f[kDirections];
    float rho = 0.0f, mx = 0.0f, my = 0.0f;
#pragma unroll
    for (int i = 0; i < kDirections; ++i) {
      const int from = grid.index(grid.wrap(x - c_lattice.dx[i]), y - c_lattice.dy[i]);
      // What would come out of a solid cell is what left towards it, turned round.
      f[i] = is_solid(bits, from) ? now[c_lattice.opposite[i] * cells + cell] : now[i * cells + from];
      rho += f[i];
      mx += f[i] * c_lattice.dx[i];
      my += f[i] * c_lattice.dy[i];
    }
    float ux = mx / rho, uy = my / rho;
    if (kForced) ux += c_settings.force;
    const float omega = c_settings.relaxation;
#pragma unroll
    for (int i = 0; i < kDirections; ++i) {
      const float target = equilibrium(c_lattice.weight[i], rho, ux, uy, c_lattice.dx[i], c_lattice.dy[i]);
      next[i * cells + cell] = f[i] + omega * (target - f[i]);
    }
    velocity[cell] = make_float2(ux, uy);
    density[cell] = rho;
  }
}

}  // namespace

void upload_settings(const Settings& settings) {
  CUDA_CHECK(cudaMemcpyToSymbol(c_lattice, &kConstants, sizeof(Constants)));
  CUDA_CHECK(cudaMemcpyToSymbol(c_settings, &settings, sizeof(Settings)));
}

void initialise(const Settings& settings, Fields& fields, cudaStream_t stream) {
  const int cells = settings.grid.cells();
  LAUNCH(mark_solid, cells, stream, fields.solid_bits.data());
  LAUNCH(fill, cells, stream, fields.now.data(), fields.velocity.data(), fields.density.data());
}

void step(const Settings& settings, Fields& fields, cudaStream_t stream) {
  const int cells = settings.grid.cells();
  if (settings.force != 0.0f)
    LAUNCH(collide<true>, cells, stream, fields.now.data(), fields.next.data(), fields.solid_bits.data(),
           fields.velocity.data(), fields.density.data());
  else
    LAUNCH(collide<false>, cells, stream, fields.now.data(), fields.next.data(), fields.solid_bits.data(),
           fields.velocity.data(), fields.density.data());
  std::swap(fields.now, fields.next);
}

}  // namespace lattice
