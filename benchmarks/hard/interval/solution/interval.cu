#include <hip/hip_runtime.h>
#include "interval.h"

#include "buffer.h"

// The next number of a larger (step 1) or smaller (step -1) size.
__device__ __forceinline__ double beside(double x, int step) {
  return __longlong_as_double(__double_as_longlong(x) + step);
}

// What is left of 1 is exact but for its last bits, so its sign tells on which side of 1 / x the nearest number lies.
__device__ __forceinline__ double reciprocal_down(double x) {
  double nearest = 1.0 / x, left = fma(-nearest, x, 1.0);
  bool above = x > 0 ? left < 0 : left > 0;
  return above ? beside(nearest, x > 0 ? -1 : 1) : nearest;
}

__device__ __forceinline__ double reciprocal_up(double x) { return -reciprocal_down(-x); }

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
