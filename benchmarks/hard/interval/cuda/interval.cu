#include "interval.h"

#include "buffer.h"

__device__ __forceinline__ double reciprocal_down(double x) {
  double result;
  asm("rcp.rm.f64 %0, %1;" : "=d"(result) : "d"(x));
  return result;
}

__device__ __forceinline__ double reciprocal_up(double x) {
  double result;
  asm("rcp.rp.f64 %0, %1;" : "=d"(result) : "d"(x));
  return result;
}

__global__ void invert(const double *low, const double *high, double *out_low, double *out_high, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  out_low[i] = reciprocal_down(high[i]);
  out_high[i] = reciprocal_up(low[i]);
}

int reciprocals(const double *low, const double *high, double *out_low, double *out_high, int n) {
  Buffer<double> d_low(low, n), d_high(high, n), d_out_low(n), d_out_high(n);
  invert<<<(n + 127) / 128, 128>>>(d_low.data, d_high.data, d_out_low.data, d_out_high.data, n);
  int status = finished();
  d_out_low.read(out_low);
  d_out_high.read(out_high);
  return status;
}
