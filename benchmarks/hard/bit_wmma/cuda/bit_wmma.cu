#include "bit_wmma.h"

#include <mma.h>

#include "buffer.h"

using namespace nvcuda;
using wmma::experimental::precision::b1;

// Four warps in a block, each with a tile of 8 x 8 distances.
__global__ void __launch_bounds__(128) distances(const unsigned *a, const unsigned *b, int *out, int m, int n, int bits) {
  int tile = blockIdx.x * 4 + threadIdx.x / 32;
  if (tile >= (m / 8) * (n / 8)) return;
  int row = tile / (n / 8) * 8, column = tile % (n / 8) * 8, words = bits / 32;
  wmma::fragment<wmma::accumulator, 8, 8, 128, int> sums;
  wmma::fill_fragment(sums, 0);
  for (int i = 0; i < words; i += 4) {
    wmma::fragment<wmma::matrix_a, 8, 8, 128, b1, wmma::row_major> x;
    wmma::fragment<wmma::matrix_b, 8, 8, 128, b1, wmma::col_major> y;
    wmma::load_matrix_sync(x, a + (size_t)row * words + i, bits);
    wmma::load_matrix_sync(y, b + (size_t)column * words + i, bits);
    wmma::bmma_sync(sums, x, y, sums, wmma::experimental::bmmaBitOpXOR, wmma::experimental::bmmaAccumulateOpPOPC);
  }
  wmma::store_matrix_sync(out + (size_t)row * n + column, sums, n, wmma::mem_row_major);
}

int hamming(const unsigned *a, const unsigned *b, int *out, int m, int n, int bits) {
  size_t words = bits / 32;
  Buffer<unsigned> d_a(a, m * words), d_b(b, n * words);
  Buffer<int> d_out((size_t)m * n);
  int tiles = (m / 8) * (n / 8);
  distances<<<(tiles + 3) / 4, 128>>>(d_a.data, d_b.data, d_out.data, m, n, bits);
  int status = finished();
  d_out.read(out);
  return status;
}
