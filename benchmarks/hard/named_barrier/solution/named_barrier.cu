#include <hip/hip_runtime.h>
#include "named_barrier.h"

#include "buffer.h"

static const int kTile = 96;                     // elements that are handed over at once
static const int kProducers = 64, kConsumers = 32;
static const int kThreads = kProducers + kConsumers;

// A block for each segment: two warps decode a tile while another adds up the one before.
__global__ void __launch_bounds__(kThreads) sum(const unsigned char *codes, const unsigned *weights,
                                                const unsigned *table, unsigned *sums, int length) {
  __shared__ unsigned buffer[2][kTile];
  const unsigned char *code = codes + (size_t)blockIdx.x * length;
  const unsigned *weight = weights + (size_t)blockIdx.x * length;
  int tiles = (length + kTile - 1) / kTile;
  unsigned total = 0;
  int lane = threadIdx.x - kProducers;
  for (int tile = 0; tile <= tiles; tile++) {
    if (threadIdx.x < kProducers) {
      for (int i = threadIdx.x; tile < tiles && i < kTile; i += kProducers) {
        int at = tile * kTile + i;
        buffer[tile & 1][i] = at < length ? table[code[at]] * weight[at] : 0;
      }
    } else if (tile > 0) {
      for (int i = lane; i < kTile; i += kConsumers) total += buffer[(tile - 1) & 1][i];
    }
    __syncthreads();
  }
  if (lane >= 0) {
    for (int offset = 16; offset; offset >>= 1) total += __shfl_xor(total, offset, 32);
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
