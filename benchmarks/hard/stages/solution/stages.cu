#include <hip/hip_runtime.h>
#include "stages.h"

#include "buffer.h"

static const int kThreads = 128, kTile = kThreads, kDepth = 2;

// Each block goes over its own run of tiles. The window of a tile reaches into the one behind it, so two have to be
// there.
__global__ void __launch_bounds__(kThreads) slide(const unsigned *in, unsigned *out, int n, int window, int tiles) {
  __shared__ unsigned ring[kDepth][kTile];
  int first = blockIdx.x * tiles;

  auto fetch = [&](int tile) {
    int at = (first + tile) * kTile + threadIdx.x;
    if (at < n) ring[tile % kDepth][threadIdx.x] = in[at];
  };

  fetch(0);
  for (int tile = 0; tile < tiles; tile++) {
    fetch(tile + 1);
    __syncthreads();
    int i = (first + tile) * kTile + threadIdx.x;
    if (i + window <= n) {
      unsigned sum = 0;
      for (int j = 0; j < window; j++) {
        int at = threadIdx.x + j;
        sum += ring[(tile + at / kTile) % kDepth][at % kTile];
      }
      out[i] = sum;
    }
    __syncthreads();
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
