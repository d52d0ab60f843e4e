// Massless particles that the flow carries along. Those that end up in an obstacle are taken out, in order.
#include <cuda_runtime.h>

#include <utility>

#include "lattice/kernels.h"
#include "lattice/launch.h"
#include "lattice/warp.cuh"

namespace lattice {
namespace {

struct Flow {
  Grid grid;
  const float2* velocity;
  const uint32_t* bits;

  __device__ bool stopped(int x, int y) const {
    const int cell = grid.index(x, y);
    return bits[cell >> 5] >> (cell & 31) & 1u;
  }

  __device__ float2 at(int x, int y) const {
    return stopped(x, y) ? make_float2(0.0f, 0.0f) : __ldg(velocity + grid.index(x, y));
  }

  // Between the four cells around a place.
  __device__ float2 interpolate(float2 place) const {
    const int x = __float2int_rd(place.x), y = __float2int_rd(place.y);
    const float fx = place.x - x, fy = place.y - y;
    const int right = grid.wrap(x + 1), up = min(y + 1, grid.height - 1);
    const float2 a = at(x, y), b = at(right, y), c = at(x, up), d = at(right, up);
    return make_float2((1 - fy) * ((1 - fx) * a.x + fx * b.x) + fy * ((1 - fx) * c.x + fx * d.x),
                       (1 - fy) * ((1 - fx) * a.y + fx * b.y) + fy * ((1 - fx) * c.y + fx * d.y));
  }
};

__device__ __forceinline__ float unit(unsigned bits) { return __uint2float_rz(bits >> 8) * 0x1p-24f; }

__global__ void seed(Grid grid, unsigned seed, float2* place, int* identity, int count) {
  KERNEL_LOOP(i, count) {
    place[i] = make_float2(unit(hash(seed, 2 * i)) * (grid.width - 1), 1 + unit(hash(seed, 2 * i + 1)) * (grid.height - 3));
    identity[i] = i;
  }
}

// Two half steps: to the middle, and with the velocity there.
__global__ void advance(Flow flow, float2* place, int count, float length) {
  KERNEL_LOOP(i, count) {
    float2 start = place[i];
    const float2 first = flow.interpolate(start);
    const float width = flow.grid.width;
    auto wrapped = [width](float x) {
      x = x < 0 ? x + width : x;  // which may round to the width itself
      return x >= width ? x - width : x;
    };
    const float bottom = 0.0f, top = flow.grid.height - 1.001f;
    float2 middle;
    middle.x = wrapped(start.x + 0.5f * length * first.x);
    middle.y = fminf(fmaxf(start.y + 0.5f * length * first.y, bottom), top);
    const float2 second = flow.interpolate(middle);
    start.x = wrapped(start.x + length * second.x);
    start.y = fminf(fmaxf(start.y + length * second.y, bottom), top);
    place[i] = start;
  }
}

__device__ __forceinline__ bool keeps(const Flow& flow, const float2* place, int i, int count) {
  return i < count && !flow.stopped(__float2int_rd(place[i].x), __float2int_rd(place[i].y));
}

__global__ void count_kept(Flow flow, const float2* place, int count, int* kept) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const int total = __syncthreads_count(keeps(flow, place, i, count));
  if (threadIdx.x == 0) kept[blockIdx.x] = total;
}

// Sums before each block, by a single block that walks over them; the total goes behind the last.
__global__ void scan_blocks(int* kept, int blocks) {
  int carry = 0;
  for (int base = 0; base < blocks; base += blockDim.x) {
    const int i = base + threadIdx.x;
    int total;
    const int before = block::exclusive_scan(i < blocks ? kept[i] : 0, total);
    if (i < blocks) kept[i] = carry + before;
    carry += total;
  }
  if (threadIdx.x == 0) kept[blocks] = carry;
}

__global__ void compact(Flow flow, const float2* place, const int* identity, int count, const int* starts, float2* place_out,
                        int* identity_out) {
  __shared__ int warp_starts[kWarpsPerBlock];
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const bool keep = keeps(flow, place, i, count);
  const unsigned kept = __ballot_sync(warp::kAll, keep);
  if (warp::lane() == 0) warp_starts[threadIdx.x / kWarp] = __popc(kept);
  __syncthreads();
  if (threadIdx.x < kWarpsPerBlock) {
    // The first lanes of the first warp scan what the warps keep.
    const unsigned mask = (1u << kWarpsPerBlock) - 1u;
    const int mine = warp_starts[threadIdx.x];
    int through = mine;
    for (int step = 1; step < kWarpsPerBlock; step *= 2) {
      const int below = __shfl_up_sync(mask, through, step, kWarpsPerBlock);
      if (threadIdx.x >= step) through += below;
    }
    warp_starts[threadIdx.x] = starts[blockIdx.x] + through - mine;
  }
  __syncthreads();
  if (keep) {
    const int to = warp_starts[threadIdx.x / kWarp] + __popc(kept & warp::lanes_below());
    place_out[to] = place[i];
    identity_out[to] = identity[i];
  }
}

template <typename Counter>
__global__ void by_column(const float2* place, int count, int width, Counter* out) {
  extern __shared__ unsigned char raw[];
  Counter* local = reinterpret_cast<Counter*>(raw);
  for (int i = threadIdx.x; i < width; i += blockDim.x) local[i] = 0;
  __syncthreads();
  KERNEL_LOOP(i, count) atomicAdd_block(&local[static_cast<int>(place[i].x)], Counter(1));
  __syncthreads();
  for (int i = threadIdx.x; i < width; i += blockDim.x) atomicAdd(&out[i], local[i]);
}

Flow flow_of(const Settings& settings, const Fields& fields) {
  return {settings.grid, fields.velocity.data(), fields.solid_bits.data()};
}

}  // namespace

void seed_tracers(const Settings& settings, const Fields& fields, Tracers& tracers, cudaStream_t stream) {
  LAUNCH(seed, tracers.count, stream, settings.grid, settings.seed, tracers.place.data(), tracers.identity.data(),
         tracers.count);
  remove_stopped(settings, fields, tracers, stream);
}

void advance_tracers(const Settings& settings, const Fields& fields, Tracers& tracers, cudaStream_t stream) {
  if (!tracers.count) return;
  LAUNCH(advance, tracers.count, stream, flow_of(settings, fields), tracers.place.data(), tracers.count, 1.0f);
}

void remove_stopped(const Settings& settings, const Fields& fields, Tracers& tracers, cudaStream_t stream) {
  if (!tracers.count) return;
  const int blocks = blocks_for(tracers.count);
  const Flow flow = flow_of(settings, fields);
  Buffer<int> starts(blocks + 1);
  Buffer<int, Where::Pinned> alive(1);
  LAUNCH(count_kept, tracers.count, stream, flow, tracers.place.data(), tracers.count, starts.data());
  scan_blocks<<<1, kThreads, 0, stream>>>(starts.data(), blocks);
  LAUNCH(compact, tracers.count, stream, flow, tracers.place.data(), tracers.identity.data(), tracers.count,
         starts.data(), tracers.spare.data(), tracers.spare_identity.data());
  CUDA_CHECK(cudaMemcpyAsync(alive.data(), starts.data() + blocks, sizeof(int), cudaMemcpyDeviceToHost, stream));
  CUDA_CHECK(cudaStreamSynchronize(stream));
  std::swap(tracers.place, tracers.spare);
  std::swap(tracers.identity, tracers.spare_identity);
  tracers.count = alive.data()[0];
}

std::vector<int> count_by_column(const Settings& settings, const Tracers& tracers, cudaStream_t stream) {
  const int width = settings.grid.width;
  Buffer<int, Where::Managed> columns(width);
  columns.clear(stream);
  if (tracers.count)
    LAUNCH_SHARED(by_column<int>, 2, kThreads, width * sizeof(int), stream, tracers.place.data(), tracers.count, width,
                  columns.data());
  CUDA_CHECK(cudaStreamSynchronize(stream));
  return std::vector<int>(columns.data(), columns.data() + width);
}

}  // namespace lattice
