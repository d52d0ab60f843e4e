#include "named_barrier.h"

#include "buffer.h"

static const int kTile = 96;                     // elements that are handed over at once
static const int kProducers = 64, kConsumers = 32;
static const int kThreads = kProducers + kConsumers;

// Barriers 1 and 2 say that buffer 0 or 1 is full, 3 and 4 that it is empty again.
__device__ __forceinline__ void wait_at(int barrier) { asm volatile("bar.sync %0, %1;" ::"r"(barrier), "n"(kThreads) : "memory"); }
__device__ __forceinline__ void arrive_at(int barrier) { asm volatile("bar.arrive %0, %1;" ::"r"(barrier), "n"(kThreads) : "memory"); }

// A block for each segment: two warps decode tiles ahead of the one that adds them up.
__global__ void __launch_bounds__(kThreads) sum(const unsigned char *codes, const unsigned *weights,
                                                const unsigned *table, unsigned *sums, int length) {
  __shared__ unsigned buffer[2][kTile];
  const unsigned char *code = codes + (size_t)blockIdx.x * length;
  const unsigned *weight = weights + (size_t)blockIdx.x * length;
  int tiles = (length + kTile - 1) / kTile;
  if (threadIdx.x < kProducers) {
    for (int tile = 0; tile < tiles; tile++) {
      int now = tile & 1;
      if (tile >= 2) wait_at(3 + now);
      for (int i = threadIdx.x; i < kTile; i += kProducers) {
        int at = tile * kTile + i;
        buffer[now][i] = at < length ? table[code[at]] * weight[at] : 0;
      }
      __threadfence_block();
      arrive_at(1 + now);
    }
  } else {
    int lane = threadIdx.x - kProducers;
    unsigned total = 0;
    for (int tile = 0; tile < tiles; tile++) {
      int now = tile & 1;
      wait_at(1 + now);
      for (int i = lane; i < kTile; i += kConsumers) total += buffer[now][i];
      if (tile + 2 < tiles) arrive_at(3 + now);
    }
    for (int offset = 16; offset; offset >>= 1) total += __shfl_xor_sync(0xffffffffu, total, offset);
    if (lane == 0) sums[blockIdx.x] = total;
  }
}

int segment_sums(const unsigned char *codes, const unsigned *weights, const unsigned *table, unsigned *sums,
                 int segments, int length) {
  size_t n = (size_t)segments * length;
  Buffer<unsigned char> d_codes(codes, n);
  Buffer<unsigned> d_weights(weights, n), d_table(table, 256), d_sums(segments);
  sum<<<segments, kThreads>>>(d_codes.data, d_weights.data, d_table.data, d_sums.data, length);
  int status = finished();
  d_sums.read(sums);
  return status;
}
