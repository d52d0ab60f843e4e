#include "stages.h"

#include <cooperative_groups.h>
#include <cuda/pipeline>

#include "buffer.h"

namespace cg = cooperative_groups;

static const int kThreads = 128, kTile = kThreads, kDepth = 3;

// Each block goes over its own run of tiles. The window of a tile reaches into the one behind it, so two have to be
// there while a third is on its way.
__global__ void __launch_bounds__(kThreads) slide(const unsigned *in, unsigned *out, int n, int window, int tiles) {
  __shared__ unsigned ring[kDepth][kTile];
  cg::thread_block block = cg::this_thread_block();
  auto pipe = cuda::make_pipeline();
  int first = blockIdx.x * tiles;

  auto fetch = [&](int tile) {
    int from = (first + tile) * kTile;
    int count = min(kTile, n - from);
    pipe.producer_acquire();
    if (count > 0) cuda::memcpy_async(block, ring[tile % kDepth], in + from, count * sizeof(unsigned), pipe);
    pipe.producer_commit();
  };

  for (int tile = 0; tile < kDepth - 1; tile++) fetch(tile);
  for (int tile = 0; tile < tiles; tile++) {
    fetch(tile + kDepth - 1);
    cuda::pipeline_consumer_wait_prior<1>(pipe);
    block.sync();
    int i = (first + tile) * kTile + threadIdx.x;
    if (i + window <= n) {
      unsigned sum = 0;
      for (int j = 0; j < window; j++) {
        int at = threadIdx.x + j;
        sum += ring[(tile + at / kTile) % kDepth][at % kTile];
      }
      out[i] = sum;
    }
    block.sync();
    pipe.consumer_release();
  }
}

int sliding_sums(const unsigned *in, unsigned *out, int n, int window) {
  Buffer<unsigned> d_in(in, n), d_out(n - window + 1);
  const int tiles = 5;
  int blocks = (n + kTile * tiles - 1) / (kTile * tiles);
  slide<<<blocks, kThreads>>>(d_in.data, d_out.data, n, window, tiles);
  int status = finished();
  d_out.read(out);
  return status;
}
