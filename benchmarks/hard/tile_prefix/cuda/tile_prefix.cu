#include "tile_prefix.h"

#include <cuda_runtime.h>

#include <cub/cub.cuh>

// y -> scale * y + shift. Steps are joined in order, so the scan must never swap its operands.
struct Step {
  float scale;
  float shift;
};

struct Then {
  __host__ __device__ Step operator()(const Step& first, const Step& second) const {
    return {first.scale * second.scale, second.scale * first.shift + second.shift};
  }
};

constexpr int THREADS = 128;
constexpr int ITEMS = 4;
constexpr int TILE = THREADS * ITEMS;

using TileState = cub::ScanTileState<Step>;
using TilePrefix = cub::TilePrefixCallbackOp<Step, Then, TileState>;
using BlockScan = cub::BlockScan<Step, THREADS>;

__global__ void prepare(TileState state, int tiles) { state.InitializeStatus(tiles); }

__global__ void scan_tiles(TileState state, const float* a, const float* b, float start, float* y, int n) {
  __shared__ typename BlockScan::TempStorage scan;
  __shared__ typename TilePrefix::TempStorage prefix;
  const int tile = blockIdx.x;
  Step steps[ITEMS];
  for (int i = 0; i < ITEMS; ++i) {
    const int at = tile * TILE + threadIdx.x * ITEMS + i;
    steps[i] = at < n ? Step{a[at], b[at]} : Step{1.0f, 0.0f};
  }
  if (tile == 0) {
    Step all;
    BlockScan(scan).InclusiveScan(steps, steps, Then{}, all);
    if (threadIdx.x == 0 && gridDim.x > 1) state.SetInclusive(0, all);
  } else {
    TilePrefix before(state, prefix, Then{}, tile);
    BlockScan(scan).InclusiveScan(steps, steps, Then{}, before);
  }
  for (int i = 0; i < ITEMS; ++i) {
    const int at = tile * TILE + threadIdx.x * ITEMS + i;
    if (at < n) y[at] = steps[i].scale * start + steps[i].shift;
  }
}

int recurrence(const float* a, const float* b, float start, float* y, int n) {
  const int tiles = (n + TILE - 1) / TILE;
  const size_t bytes = sizeof(float) * n;
  float *da, *db, *dy;
  void* scratch;
  size_t scratch_bytes = 0;
  TileState::AllocationSize(tiles, scratch_bytes);
  if (cudaMalloc(&da, bytes) || cudaMalloc(&db, bytes) || cudaMalloc(&dy, bytes) || cudaMalloc(&scratch, scratch_bytes))
    return 1;
  cudaMemcpy(da, a, bytes, cudaMemcpyHostToDevice);
  cudaMemcpy(db, b, bytes, cudaMemcpyHostToDevice);
  TileState state;
  if (state.Init(tiles, scratch, scratch_bytes) != cudaSuccess) return 2;
  prepare<<<(tiles + THREADS - 1) / THREADS + 1, THREADS>>>(state, tiles);
  scan_tiles<<<tiles, THREADS>>>(state, da, db, start, dy, n);
  if (cudaMemcpy(y, dy, bytes, cudaMemcpyDeviceToHost) != cudaSuccess) return 3;
  cudaFree(scratch);
  cudaFree(dy);
  cudaFree(db);
  cudaFree(da);
  return 0;
}
