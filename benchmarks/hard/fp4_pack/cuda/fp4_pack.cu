#include "fp4_pack.h"

#include "buffer.h"

// The instruction puts the first of its sources into the high half.
__device__ __forceinline__ unsigned two_codes(float even, float odd) {
  unsigned result;
  asm("{\n\t"
      ".reg .b8 codes;\n\t"
      "cvt.rn.satfinite.e2m1x2.f32 codes, %1, %2;\n\t"
      "cvt.u32.u8 %0, codes;\n\t"
      "}"
      : "=r"(result)
      : "f"(odd), "f"(even));
  return result;
}

// A lane for each number, a warp for each block.
__global__ void pack_blocks(const float *in, int n, unsigned char *codes, unsigned char *scales) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float value = in[i];
  unsigned largest = __reduce_max_sync(0xffffffffu, __float_as_uint(value) & 0x7fffffffu);
  int exponent = largest ? min(max((int)(largest >> 23) - 2, 1), 254) : 127;
  value = ldexpf(value, 127 - exponent);
  float next = __shfl_down_sync(0xffffffffu, value, 1);
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
