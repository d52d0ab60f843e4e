#include <hip/hip_runtime.h>
#include "fp4_pack.h"

#include "buffer.h"


#if defined(__HIPCC__) && !defined(HIPWRIGHT_REDUCE)
#define HIPWRIGHT_REDUCE
// Combine `value` over the lanes in `mask` of a 32-lane logical warp; each of them gets the result.
template <typename T, typename Combine>
__device__ inline T warp32_reduce(unsigned mask, T value, Combine combine) {
  mask &= (unsigned)(__activemask() >> (__lane_id() & 32));
  if (mask == 0xffffffffu) {
    for (int offset = 16; offset > 0; offset /= 2) value = combine(value, __shfl_xor(value, offset, 32));
    return value;
  }
  T result = __shfl(value, __ffs(mask) - 1, 32);
  while (mask &= mask - 1) result = combine(result, __shfl(value, __ffs(mask) - 1, 32));
  return result;
}
#endif  // HIPWRIGHT_REDUCE

#if defined(__HIPCC__) && !defined(HIPWRIGHT_REDUCE_MAX)
#define HIPWRIGHT_REDUCE_MAX
__device__ inline int warp32_reduce_max(unsigned mask, int value) {
  return warp32_reduce(mask, value, [](int a, int b) { return a > b ? a : b; });
}
__device__ inline unsigned warp32_reduce_max(unsigned mask, unsigned value) {
  return warp32_reduce(mask, value, [](unsigned a, unsigned b) { return a > b ? a : b; });
}
#endif  // HIPWRIGHT_REDUCE_MAX

// The code of the nearest e2m1 number, of the even one in the middle between two. What is larger than 6 becomes 6.
__device__ __forceinline__ unsigned code(float value) {
  float size = fabsf(value);
  unsigned nearest = (size > 0.25f) + (size >= 0.75f) + (size > 1.25f) + (size >= 1.75f) + (size > 2.5f) +
                     (size >= 3.5f) + (size > 5.0f);
  return nearest | __float_as_uint(value) >> 31 << 3;
}

__device__ __forceinline__ unsigned two_codes(float even, float odd) { return code(odd) << 4 | code(even); }

// A lane for each number, a warp for each block.
__global__ void pack_blocks(const float *in, int n, unsigned char *codes, unsigned char *scales) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float value = in[i];
  unsigned largest = warp32_reduce_max(0xffffffffu, __float_as_uint(value) & 0x7fffffffu);
  int exponent = largest ? min(max((int)(largest >> 23) - 2, 1), 254) : 127;
  value = ldexpf(value, 127 - exponent);
  float next = __shfl_down(value, 1, 32);
  if (i % 2 == 0) codes[i / 2] = (unsigned char)two_codes(value, next);
  if (i % 32 == 0) scales[i / 32] = (unsigned char)exponent;
}

int pack(const float *in, int n, unsigned char *codes, unsigned char *scales) {
  Buffer<float> d_in(in, n);
  Buffer<unsigned char> d_codes(n / 2), d_scales(n / 32);
  pack_blocks<<<(n + 127) / 128, 128>>>(d_in.data, n, d_codes.data, d_scales.data);
  int status = finished();
  d_codes.read(codes);
  d_scales.read(scales);
  return status;
}
