// Sums, maxima and a histogram over the grid.
#include <cuda_runtime.h>

#include <algorithm>

#include "lattice/kernels.h"
#include "lattice/launch.h"
#include "lattice/warp.cuh"

namespace lattice {
namespace {

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 600
// Before sm_60 there is no atomicAdd for double.
__device__ double add_double(double* address, double value) {
  auto bits = reinterpret_cast<unsigned long long*>(address);
  unsigned long long old = *bits, assumed;
  do {
    assumed = old;
    old = atomicCAS(bits, assumed, __double_as_longlong(value + __longlong_as_double(assumed)));
  } while (assumed != old);
  return __longlong_as_double(old);
}
#else
__device__ double add_double(double* address, double value) { return atomicAdd(address, value); }
#endif

// Speeds are not negative, so their bits sort like integers.
__device__ void raise(float* address, float value) { atomicMax(reinterpret_cast<int*>(address), __float_as_int(value)); }

__global__ void sum_up(const float2* velocity, const float* density, const uint32_t* bits, int cells, Totals* out) {
  double mass = 0, momentum = 0;
  float fastest = 0;
  int fluid = 0;
  KERNEL_LOOP(cell, cells) {
    if (bits[cell / 32] >> (cell % 32) & 1u) continue;
    const float2 u = velocity[cell];
    mass += density[cell];
    momentum += static_cast<double>(density[cell]) * u.x;
    fastest = fmaxf(fastest, __fsqrt_rn(u.x * u.x + u.y * u.y));
    ++fluid;
  }
  mass = block::reduce(mass, 0.0, warp::Plus());
  momentum = block::reduce(momentum, 0.0, warp::Plus());
  fastest = block::reduce(fastest, 0.0f, warp::Maximum());
  fluid = block::reduce(fluid, 0, warp::Plus());
  if (threadIdx.x == 0) {
    add_double(&out->mass, mass);
    add_double(&out->momentum, momentum);
    raise(&out->fastest, fastest);
    atomicAdd(&out->fluid_cells, fluid);
  }
}

// Private bins in shared memory; lanes that want the same bin elect one of them.
__global__ void bin_speeds(const float2* velocity, const uint32_t* bits, int cells, int bins, float scale, int* out) {
  extern __shared__ int local[];
  for (int bin = threadIdx.x; bin < bins; bin += blockDim.x) local[bin] = 0;
  __syncthreads();
  for (int base = blockIdx.x * blockDim.x; base < cells; base += gridDim.x * blockDim.x) {
    const int cell = base + threadIdx.x;
    int bin = -1;
    if (cell < cells && !(bits[cell >> 5] >> (cell & 31) & 1u)) {
      const float2 u = velocity[cell];
      bin = min(static_cast<int>(sqrtf(u.x * u.x + u.y * u.y) * scale), bins - 1);
    }
    const unsigned peers = __match_any_sync(warp::kAll, bin);
    if (bin >= 0 && __ffs(peers) - 1 == static_cast<int>(warp::lane())) atomicAdd(&local[bin], __popc(peers));
  }
  __syncthreads();
  for (int bin = threadIdx.x; bin < bins; bin += blockDim.x)
    if (local[bin]) atomicAdd(&out[bin], local[bin]);
}

}  // namespace

Totals totals(const Settings& settings, const Fields& fields, cudaStream_t stream) {
  Buffer<Totals> out(1);
  out.clear(stream);
  int blocks = 0;
  CUDA_CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, sum_up, kThreads, 0));
  const int cells = settings.grid.cells();
  sum_up<<<std::min(blocks_for(cells), std::max(blocks, 1)), kThreads, 0, stream>>>(
      fields.velocity.data(), fields.density.data(), fields.solid_bits.data(), cells, out.data());
  CUDA_CHECK_LAUNCH("sum_up");
  CUDA_CHECK(cudaStreamSynchronize(stream));
  return out.download()[0];
}

std::vector<int> speed_histogram(const Settings& settings, const Fields& fields, int bins, float limit,
                                 cudaStream_t stream) {
  Buffer<int> out(bins);
  out.clear(stream);
  LAUNCH_SHARED(bin_speeds, 4, kThreads, bins * sizeof(int), stream, fields.velocity.data(), fields.solid_bits.data(),
                settings.grid.cells(), bins, bins / limit, out.data());
  CUDA_CHECK(cudaStreamSynchronize(stream));
  return out.download();
}

}  // namespace lattice
