#include "fp8_mma.h"

#include <cstdint>

#include "buffer.h"

// One 16x8 tile of the product by a warp: d += a * b over 32 elements of k.
__device__ __forceinline__ void mma_16x8x32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
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
