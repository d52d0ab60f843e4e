#include <hip/hip_runtime.h>
#include "bulk_copy.h"

#include "buffer.h"

static const int kTile = 1024, kThreads = 128;

// Few blocks go over all tiles.
__global__ void __launch_bounds__(kThreads) mix(const unsigned *in, unsigned *out, int tiles) {
  __shared__ alignas(128) unsigned arrived[kTile];
  for (int tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
    const unsigned *from = in + (size_t)tile * kTile;
    for (int i = threadIdx.x; i < kTile; i += kThreads) arrived[i] = from[i];
    __syncthreads();
    unsigned first = arrived[0];
    for (int i = threadIdx.x; i < kTile; i += kThreads) out[(size_t)tile * kTile + i] = arrived[kTile - 1 - i] ^ first * i;
    __syncthreads();
  }
}

int mix_tiles(const unsigned *in, unsigned *out, int n) {
  Buffer<unsigned> d_in(in, n), d_out(n);
  mix<<<3, kThreads>>>(d_in.data, d_out.data, n / kTile);
  int status = finished();
  d_out.read(out);
  return status;
}
