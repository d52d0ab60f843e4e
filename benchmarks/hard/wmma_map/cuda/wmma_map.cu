#include "wmma_map.h"

#include <cuda_fp16.h>
#include <mma.h>

#include "buffer.h"

using namespace nvcuda;

static const int kColumns = 32;

__global__ void to_half(const float *in, half *out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = __float2half(in[i]);
}

// A block of one warp for each 16 rows. Element i of an accumulator is that of row lane / 4, or 8 more for i & 2, and
// of column lane % 4 * 2 + i % 2, or 8 more for i & 4.
__global__ void __launch_bounds__(32) multiply(const half *a, const half *b, const float *scale, const float *shift,
                                               float *out, float *lowest, int k) {
  int lane = threadIdx.x, first = blockIdx.x * 16;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> sums[2];
  for (int half_ = 0; half_ < 2; half_++) wmma::fill_fragment(sums[half_], 0.0f);
  for (int i = 0; i < k; i += 16) {
    wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> x;
    wmma::load_matrix_sync(x, a + (size_t)first * k + i, k);
    for (int half_ = 0; half_ < 2; half_++) {
      wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::row_major> y;
      wmma::load_matrix_sync(y, b + (size_t)i * kColumns + half_ * 16, kColumns);
      wmma::mma_sync(sums[half_], x, y, sums[half_]);
    }
  }
  float least[2] = {INFINITY, INFINITY};  // of this lane's part of the upper and the lower row
  for (int half_ = 0; half_ < 2; half_++) {
    for (int i = 0; i < sums[half_].num_elements; i++) {
      int lower = i >> 1 & 1;
      int row = lane / 4 + lower * 8;
      int column = half_ * 16 + lane % 4 * 2 + (i & 1) + (i & 4 ? 8 : 0);
      float value = sums[half_].x[i] * scale[first + row] + shift[column];
      sums[half_].x[i] = value;
      least[lower] = fminf(least[lower], value);
    }
    wmma::store_matrix_sync(out + (size_t)first * kColumns + half_ * 16, sums[half_], kColumns, wmma::mem_row_major);
  }
  for (int lower = 0; lower < 2; lower++) {
    for (int offset = 1; offset < 4; offset <<= 1)
      least[lower] = fminf(least[lower], __shfl_xor_sync(0xffffffffu, least[lower], offset));
    if (lane % 4 == 0) lowest[first + lane / 4 + lower * 8] = least[lower];
  }
}

int scaled_product(const float *a, const float *b, const float *scale, const float *shift, float *out, float *lowest,
                   int m, int k) {
  int sizes[] = {m * k, k * kColumns};
  Buffer<float> d_a(a, sizes[0]), d_b(b, sizes[1]), d_scale(scale, m), d_shift(shift, kColumns);
  Buffer<float> d_out((size_t)m * kColumns), d_lowest(m);
  Buffer<half> half_a(sizes[0]), half_b(sizes[1]);
  to_half<<<(sizes[0] + 255) / 256, 256>>>(d_a.data, half_a.data, sizes[0]);
  to_half<<<(sizes[1] + 255) / 256, 256>>>(d_b.data, half_b.data, sizes[1]);
  multiply<<<m / 16, 32>>>(half_a.data, half_b.data, d_scale.data, d_shift.data, d_out.data, d_lowest.data, k);
  int status = finished();
  d_out.read(out);
  d_lowest.read(lowest);
  return status;
}
