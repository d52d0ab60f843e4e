#include <hip/hip_runtime.h>
#include "barrier_token.h"

#include "buffer.h"

static const int kLongest = 128;

// A thread for each byte of the first text. On diagonal d thread t computes cell (t, d - t); all stay to the last
// diagonal, since the block's barrier waits for every thread.
__global__ void __launch_bounds__(kLongest) lcs(const unsigned char *a, const int *lengths_a, const unsigned char *b,
                                                const int *lengths_b, int stride, int *out) {
  __shared__ int cells[3][kLongest + 1];  // of three diagonals
  int pair = blockIdx.x, t = threadIdx.x;
  int rows = lengths_a[pair], columns = lengths_b[pair];
  if (t == 0 && (rows == 0 || columns == 0)) out[pair] = 0;
  for (int i = 0; i < 3; i++) {
    cells[i][t] = 0;
    if (t == 0) cells[i][kLongest] = 0;
  }
  __syncthreads();
  unsigned char mine = t < rows ? a[(size_t)pair * stride + t] : 0;
  const unsigned char *text = b + (size_t)pair * stride;
  int left = 0;  // cell (t, column - 1)
  for (int diagonal = 0; diagonal < rows + columns - 1; diagonal++) {
    int column = diagonal - t;
    if (t < rows && column >= 0 && column < columns) {
      // Cells of row t - 1 are at index t, so that row -1 is at index 0.
      int above = cells[(diagonal + 2) % 3][t];
      int corner = column > 0 ? cells[(diagonal + 1) % 3][t] : 0;
      left = mine == text[column] ? corner + 1 : max(left, above);
      cells[diagonal % 3][t + 1] = left;
      if (t == rows - 1 && column == columns - 1) out[pair] = left;
    }
    __syncthreads();
  }
}

int common_lengths(const unsigned char *a, const int *lengths_a, const unsigned char *b, const int *lengths_b,
                   int stride, int pairs, int *out) {
  Buffer<unsigned char> d_a(a, (size_t)pairs * stride), d_b(b, (size_t)pairs * stride);
  Buffer<int> d_lengths_a(lengths_a, pairs), d_lengths_b(lengths_b, pairs), d_out(pairs);
  lcs<<<pairs, kLongest>>>(d_a.data, d_lengths_a.data, d_b.data, d_lengths_b.data, stride, d_out.data);
  int status = finished();
  d_out.read(out);
  return status;
}
