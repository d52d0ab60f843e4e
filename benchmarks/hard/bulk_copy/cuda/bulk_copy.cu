#include "bulk_copy.h"

#include "async.h"
#include "buffer.h"

static const int kTile = 1024, kThreads = 128, kStages = 2;

// Few blocks go over all tiles; while one is worked on the next is on its way.
__global__ void __launch_bounds__(kThreads) mix(const unsigned *in, unsigned *out, int tiles) {
  __shared__ alignas(128) unsigned arrived[kStages][kTile];
  __shared__ alignas(128) unsigned leaving[kStages][kTile];
  __shared__ uint64_t full[kStages];
  if (threadIdx.x == 0) {
    for (int i = 0; i < kStages; i++) barrier_init(&full[i], 1);
    fence_writes();
  }
  __syncthreads();
  int stride = gridDim.x;
  if (threadIdx.x == 0 && blockIdx.x < tiles) {
    barrier_expect(&full[0], sizeof arrived[0]);
    copy_in(arrived[0], in + (size_t)blockIdx.x * kTile, sizeof arrived[0], &full[0]);
  }
  int step = 0;
  for (int tile = blockIdx.x; tile < tiles; tile += stride, step++) {
    int stage = step % kStages;
    if (threadIdx.x == 0 && tile + stride < tiles) {
      int next = (step + 1) % kStages;
      barrier_expect(&full[next], sizeof arrived[next]);
      copy_in(arrived[next], in + (size_t)(tile + stride) * kTile, sizeof arrived[next], &full[next]);
    }
    barrier_wait(&full[stage], step / kStages & 1);
    if (threadIdx.x == 0) copies_read<kStages - 1>();
    __syncthreads();
    unsigned first = arrived[stage][0];
    for (int i = threadIdx.x; i < kTile; i += kThreads) leaving[stage][i] = arrived[stage][kTile - 1 - i] ^ first * i;
    fence_writes();
    __syncthreads();
    if (threadIdx.x == 0) copy_out(out + (size_t)tile * kTile, leaving[stage], sizeof leaving[stage]);
  }
  if (threadIdx.x == 0) copies_read<0>();
}

int mix_tiles(const unsigned *in, unsigned *out, int n) {
  Buffer<unsigned> d_in(in, n), d_out(n);
  mix<<<3, kThreads>>>(d_in.data, d_out.data, n / kTile);
  int status = finished();
  d_out.read(out);
  return status;
}
