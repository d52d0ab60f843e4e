#include "tile_prefix.h"

#include <hip/hip_runtime.h>

// y -> scale * y + shift. Steps are joined in order, so the scan must never swap its operands.
struct Step {
  float scale;
  float shift;
};

__device__ static Step then(const Step& first, const Step& second) {
  return {first.scale * second.scale, second.scale * first.shift + second.shift};
}

constexpr int TILE = 256;

// hipCUB has no tile states: three passes instead. Each block joins the steps of its tile, in place ...
__global__ void scan_tiles(const float* a, const float* b, Step* steps, Step* totals, int n) {
  __shared__ Step joined[TILE];
  const int at = blockIdx.x * TILE + threadIdx.x;
  joined[threadIdx.x] = at < n ? Step{a[at], b[at]} : Step{1.0f, 0.0f};
  __syncthreads();
  for (int reach = 1; reach < TILE; reach *= 2) {
    const int other = static_cast<int>(threadIdx.x) - reach;
    const Step mine = other >= 0 ? then(joined[other], joined[threadIdx.x]) : joined[threadIdx.x];
    __syncthreads();
    joined[threadIdx.x] = mine;
    __syncthreads();
  }
  if (at < n) steps[at] = joined[threadIdx.x];
  if (threadIdx.x == TILE - 1) totals[blockIdx.x] = joined[threadIdx.x];
}

// ... the value before each tile follows from the tiles' totals ...
__global__ void enter_tiles(const Step* totals, float start, float* before, int tiles) {
  for (int tile = 0; tile < tiles; ++tile) {
    before[tile] = start;
    start = totals[tile].scale * start + totals[tile].shift;
  }
}

// ... and is what the steps are applied to.
__global__ void apply(const Step* steps, const float* before, float* y, int n) {
  const int at = blockIdx.x * TILE + threadIdx.x;
  if (at < n) y[at] = steps[at].scale * before[blockIdx.x] + steps[at].shift;
}

int recurrence(const float* a, const float* b, float start, float* y, int n) {
  const int tiles = (n + TILE - 1) / TILE;
  const size_t bytes = sizeof(float) * n;
  float *da, *db, *dy, *before;
  Step *steps, *totals;
  if (hipMalloc(&da, bytes) != hipSuccess || hipMalloc(&db, bytes) != hipSuccess || hipMalloc(&dy, bytes) != hipSuccess ||
      hipMalloc(&before, sizeof(float) * tiles) != hipSuccess || hipMalloc(&steps, sizeof(Step) * n) != hipSuccess ||
      hipMalloc(&totals, sizeof(Step) * tiles) != hipSuccess)
    return 1;
  (void)hipMemcpy(da, a, bytes, hipMemcpyHostToDevice);
  (void)hipMemcpy(db, b, bytes, hipMemcpyHostToDevice);
  scan_tiles<<<tiles, TILE>>>(da, db, steps, totals, n);
  enter_tiles<<<1, 1>>>(totals, start, before, tiles);
  apply<<<tiles, TILE>>>(steps, before, dy, n);
  if (hipMemcpy(y, dy, bytes, hipMemcpyDeviceToHost) != hipSuccess) return 3;
  (void)hipFree(totals);
  (void)hipFree(steps);
  (void)hipFree(before);
  (void)hipFree(dy);
  (void)hipFree(db);
  (void)hipFree(da);
  return 0;
}
