#include <hip/hip_runtime.h>
#include "cluster_scan.h"

#include "buffer.h"

static const int kThreads = 256;
static const int kParts = 8;  // of a row

__device__ __forceinline__ unsigned scan_warp(unsigned value, int lane) {
  for (int offset = 1; offset < 32; offset <<= 1) {
    unsigned other = __shfl_up(value, offset, 32);
    if (lane >= offset) value += other;
  }
  return value;
}

// A block for each row, which takes its parts one after the other.
__global__ void scan(const unsigned *in, unsigned *out, unsigned *greatest) {
  __shared__ unsigned warp_totals[kThreads / 32];
  __shared__ unsigned warp_greatest[kThreads / 32];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  unsigned before = 0, largest = 0;  // of all parts so far, the same in every thread
  for (int part = 0; part < kParts; part++) {
    size_t at = ((size_t)blockIdx.x * kParts + part) * kThreads + threadIdx.x;
    unsigned value = in[at];
    unsigned sum = scan_warp(value, lane);
    for (int offset = 16; offset; offset >>= 1) value = max(value, __shfl_xor(value, offset, 32));
    if (lane == 31) {
      warp_totals[warp] = sum;
      warp_greatest[warp] = value;
    }
    __syncthreads();
    for (int i = 0; i < kThreads / 32; i++) {
      if (i < warp) sum += warp_totals[i];
      largest = max(largest, warp_greatest[i]);
    }
    out[at] = before + sum;
    for (int i = 0; i < kThreads / 32; i++) before += warp_totals[i];
    __syncthreads();
  }
  if (threadIdx.x == 0) greatest[blockIdx.x] = largest;
}

int scan_rows(const unsigned *in, unsigned *out, unsigned *greatest, int rows) {
  size_t n = (size_t)rows * kParts * kThreads;
  Buffer<unsigned> d_in(in, n), d_out(n), d_greatest(rows);
  scan<<<rows, kThreads>>>(d_in.data, d_out.data, d_greatest.data);
  int status = finished();
  d_out.read(out);
  d_greatest.read(greatest);
  return status;
}
