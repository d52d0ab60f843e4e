#include <hip/hip_runtime.h>
#include "pixel_pack.h"

#include "buffer.h"

// Both clamped to a byte, `second` lowest, `first` above it, and the lower half of `rest` on top.
__device__ __forceinline__ unsigned clamp_and_pack(int first, int second, unsigned rest) {
  return rest << 16 | (unsigned)min(max(first, 0), 255) << 8 | (unsigned)min(max(second, 0), 255);
}

__device__ __forceinline__ unsigned pixel(int luma, int d, int e) {
  int c = 298 * (luma - 16) + 128;
  int r = (c + 409 * e) >> 8, g = (c - 100 * d - 208 * e) >> 8, b = (c + 516 * d) >> 8;
  return clamp_and_pack(g, r, clamp_and_pack(255, b, 0));
}

// A thread for each two neighbours.
__global__ void convert(const unsigned char *y, const unsigned char *u, const unsigned char *v, uint2 *out, int pairs) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= pairs) return;
  uchar2 luma = reinterpret_cast<const uchar2 *>(y)[i];
  int d = u[i] - 128, e = v[i] - 128;
  out[i] = make_uint2(pixel(luma.x, d, e), pixel(luma.y, d, e));
}

int to_rgb(const unsigned char *y, const unsigned char *u, const unsigned char *v, unsigned *out, int width, int height) {
  int pairs = width / 2 * height;
  Buffer<unsigned char> d_y(y, 2 * pairs), d_u(u, pairs), d_v(v, pairs);
  Buffer<uint2> d_out(pairs);
  convert<<<(pairs + 127) / 128, 128>>>(d_y.data, d_u.data, d_v.data, d_out.data, pairs);
  int status = finished();
  d_out.read(reinterpret_cast<uint2 *>(out));
  return status;
}
