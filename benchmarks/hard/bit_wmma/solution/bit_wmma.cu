#include <hip/hip_runtime.h>
#include "bit_wmma.h"

#include "buffer.h"

// 32 threads for a tile of 8 x 8 distances, four such in a block: two distances for each thread.
__global__ void __launch_bounds__(128) distances(const unsigned *a, const unsigned *b, int *out, int m, int n, int bits) {
  int tile = blockIdx.x * 4 + threadIdx.x / 32;
  if (tile >= (m / 8) * (n / 8)) return;
  int row = tile / (n / 8) * 8, column = tile % (n / 8) * 8, words = bits / 32;
  for (int i = threadIdx.x % 32; i < 64; i += 32) {
    const unsigned *x = a + (size_t)(row + i / 8) * words, *y = b + (size_t)(column + i % 8) * words;
    int sum = 0;
    for (int word = 0; word < words; word++) sum += __popc(x[word] ^ y[word]);
    out[(size_t)(row + i / 8) * n + column + i % 8] = sum;
  }
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
