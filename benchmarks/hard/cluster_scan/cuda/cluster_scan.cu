#include "cluster_scan.h"

#include <cooperative_groups.h>

#include "buffer.h"

namespace cg = cooperative_groups;

static const int kThreads = 256;
static const int kBlocks = 8;  // of a cluster

__device__ __forceinline__ unsigned scan_warp(unsigned value, int lane) {
  for (int offset = 1; offset < 32; offset <<= 1) {
    unsigned other = __shfl_up_sync(0xffffffffu, value, offset);
    if (lane >= offset) value += other;
  }
  return value;
}

// A cluster for each row, a thread for each element.
__global__ void __cluster_dims__(kBlocks, 1, 1) scan(const unsigned *in, unsigned *out, unsigned *greatest) {
  __shared__ unsigned warp_totals[kThreads / 32];
  __shared__ unsigned warp_greatest[kThreads / 32];
  __shared__ unsigned total, largest;
  cg::cluster_group cluster = cg::this_cluster();
  unsigned rank = cluster.block_rank();
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  size_t at = (size_t)blockIdx.x * kThreads + threadIdx.x;
  unsigned value = in[at];
  unsigned sum = scan_warp(value, lane);
  for (int offset = 16; offset; offset >>= 1) value = max(value, __shfl_xor_sync(0xffffffffu, value, offset));
  if (lane == 31) {
    warp_totals[warp] = sum;
    warp_greatest[warp] = value;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    total = largest = 0;
    for (int i = 0; i < kThreads / 32; i++) {
      unsigned mine = warp_totals[i];
      warp_totals[i] = total;
      total += mine;
      largest = max(largest, warp_greatest[i]);
    }
  }
  cluster.sync();
  unsigned before = warp_totals[warp];
  for (unsigned other = 0; other < rank; other++) before += *cluster.map_shared_rank(&total, other);
  out[at] = before + sum;
  if (rank == 0 && threadIdx.x == 0) {
    unsigned best = 0;
    for (unsigned other = 0; other < cluster.num_blocks(); other++)
      best = max(best, *cluster.map_shared_rank(&largest, other));
    greatest[blockIdx.x / kBlocks] = best;
  }
  cluster.sync();  // nobody leaves while others may still read its shared memory
}

int scan_rows(const unsigned *in, unsigned *out, unsigned *greatest, int rows) {
  size_t n = (size_t)rows * kBlocks * kThreads;
  Buffer<unsigned> d_in(in, n), d_out(n), d_greatest(rows);
  scan<<<rows * kBlocks, kThreads>>>(d_in.data, d_out.data, d_greatest.data);
  int status = finished();
  d_out.read(out);
  d_greatest.read(greatest);
  return status;
}
