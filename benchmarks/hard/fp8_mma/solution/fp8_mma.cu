#include <hip/hip_runtime.h>
#include "fp8_mma.h"

#include <cstdint>

#include "buffer.h"

// Element `i` of four e4m3 in a word. Not by the target's own fp8: that of gfx942 is another format.
__device__ __forceinline__ float element(uint32_t word, int i) {
  uint32_t bits = word >> 8 * i & 0xff;
  int exponent = bits >> 3 & 15, mantissa = bits & 7;
  float size = exponent ? ldexpf(8 + mantissa, exponent - 10) : ldexpf(mantissa, -9);
  if ((bits & 0x7f) == 0x7f) size = __uint_as_float(0x7fc00000);
  return bits & 0x80 ? -size : size;
}

// One 16x8 tile of the product by 32 lanes: d += a * b over 32 elements of k. The four lanes of a group hold two rows of
// a and one column of b; a lane's own elements of d are those of its group's rows and of columns 2 * member and the next.
__device__ __forceinline__ void mma_16x8x32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  int lane = __lane_id() & 31, group = lane / 4, member = lane % 4;
  for (int other = 0; other < 4; other++) {
    for (int half = 0; half < 2; half++) {
      uint32_t upper = __shfl(a[2 * half], group * 4 + other, 32), lower = __shfl(a[2 * half + 1], group * 4 + other, 32);
      uint32_t left = __shfl(b[half], 2 * member * 4 + other, 32), right = __shfl(b[half], (2 * member + 1) * 4 + other, 32);
      for (int i = 0; i < 4; i++) {
        d[0] += element(upper, i) * element(left, i);
        d[1] += element(upper, i) * element(right, i);
        d[2] += element(lower, i) * element(left, i);
        d[3] += element(lower, i) * element(right, i);
      }
    }
  }
}

__device__ __forceinline__ uint32_t four(const unsigned char *p) { return *reinterpret_cast<const uint32_t *>(p); }

// A warp for each tile, four of them in a block.
__global__ void multiply(const unsigned char *a, const unsigned char *b, float *c, int m, int n, int k) {
  int tile = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (tile >= (m / 16) * (n / 8)) return;
  int row = tile / (n / 8) * 16, column = tile % (n / 8) * 8;
  int lane = threadIdx.x % 32, group = lane / 4, member = lane % 4;
  const unsigned char *a_row = a + (row + group) * k + member * 4;
  const unsigned char *b_column = b + (column + group) * k + member * 4;
  float d[4] = {};
  for (int i = 0; i < k; i += 32) {
    uint32_t x[4] = {four(a_row + i), four(a_row + 8 * k + i), four(a_row + i + 16), four(a_row + 8 * k + i + 16)};
    uint32_t y[2] = {four(b_column + i), four(b_column + i + 16)};
    mma_16x8x32(d, x, y);
  }
  float *out = c + (row + group) * n + column + member * 2;
  out[0] = d[0];
  out[1] = d[1];
  out[8 * n] = d[2];
  out[8 * n + 1] = d[3];
}

int multiply_fp8(const unsigned char *a, const unsigned char *b, float *c, int m, int n, int k) {
  Buffer<unsigned char> d_a(a, (size_t)m * k), d_b(b, (size_t)n * k);
  Buffer<float> d_c((size_t)m * n);
  int tiles = (m / 16) * (n / 8);
  multiply<<<(tiles + 3) / 4, 128>>>(d_a.data, d_b.data, d_c.data, m, n, k);
  int status = finished();
  d_c.read(c);
  return status;
}
