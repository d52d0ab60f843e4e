#include <hip/hip_runtime.h>
#include "carry_chain.h"

#include "buffer.h"
#include "carry.h"

static const int kLimbs = 8;

// acc[0 .. 8] += a[0 .. 7] * b: low halves in one chain, high halves a limb further in another.
__device__ __forceinline__ void multiply_row(unsigned *acc, const unsigned *a, unsigned b) {
  unsigned cc;
  mad_lo_cc(acc[0], a[0], b, acc[0]);
#pragma unroll
  for (int i = 1; i < kLimbs; i++) madc_lo_cc(acc[i], a[i], b, acc[i]);
  addc(acc[kLimbs], acc[kLimbs], 0);
  mad_hi_cc(acc[1], a[0], b, acc[1]);
#pragma unroll
  for (int i = 1; i < kLimbs - 1; i++) madc_hi_cc(acc[i + 1], a[i], b, acc[i + 1]);
  madc_hi(acc[kLimbs], a[kLimbs - 1], b, acc[kLimbs]);
}

__global__ void products(const unsigned *a, const unsigned *b, const unsigned *c, unsigned *out, int n) {
  int number = blockIdx.x * blockDim.x + threadIdx.x;
  if (number >= n) return;
  unsigned x[kLimbs], acc[2 * kLimbs] = {};
#pragma unroll
  for (int i = 0; i < kLimbs; i++) x[i] = a[number * kLimbs + i];
#pragma unroll
  for (int i = 0; i < kLimbs; i++) multiply_row(acc + i, x, b[number * kLimbs + i]);
  const unsigned *summand = c + number * kLimbs;
  unsigned cc;
  add_cc(acc[0], acc[0], summand[0]);
#pragma unroll
  for (int i = 1; i < kLimbs; i++) addc_cc(acc[i], acc[i], summand[i]);
#pragma unroll
  for (int i = kLimbs; i < 2 * kLimbs - 1; i++) addc_cc(acc[i], acc[i], 0);
  addc(acc[2 * kLimbs - 1], acc[2 * kLimbs - 1], 0);
#pragma unroll
  for (int i = 0; i < 2 * kLimbs; i++) out[number * 2 * kLimbs + i] = acc[i];
}

int multiply_add(const unsigned *a, const unsigned *b, const unsigned *c, unsigned *out, int n) {
  Buffer<unsigned> d_a(a, n * kLimbs), d_b(b, n * kLimbs), d_c(c, n * kLimbs), d_out(n * 2 * kLimbs);
  products<<<(n + 127) / 128, 128>>>(d_a.data, d_b.data, d_c.data, d_out.data, n);
  int status = finished();
  d_out.read(out);
  return status;
}
