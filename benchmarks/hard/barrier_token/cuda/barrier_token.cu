#include "barrier_token.h"

#include <cuda/barrier>

#include "buffer.h"

static const int kLongest = 128;

using Barrier = cuda::barrier<cuda::thread_scope_block>;

// A thread for each byte of the first text. On diagonal d thread t computes cell (t, d - t); who is through with his
// row leaves the barrier, and so does at once who has no row.
__global__ void __launch_bounds__(kLongest) lcs(const unsigned char *a, const int *lengths_a, const unsigned char *b,
                                                const int *lengths_b, int stride, int *out) {
#pragma nv_diag_suppress static_var_with_dynamic_init
  __shared__ Barrier barrier;
  __shared__ int cells[3][kLongest + 1];  // of three diagonals
  int pair = blockIdx.x, t = threadIdx.x;
  int rows = lengths_a[pair], columns = lengths_b[pair];
  if (t == 0) {
    init(&barrier, blockDim.x);
    if (rows == 0 || columns == 0) out[pair] = 0;
  }
  for (int i = 0; i < 3; i++) {
    cells[i][t] = 0;
    if (t == 0) cells[i][kLongest] = 0;
  }
  __syncthreads();
  if (t >= rows || columns == 0) {
    barrier.arrive_and_drop();
    return;
  }
  unsigned char mine = a[(size_t)pair * stride + t];
  const unsigned char *text = b + (size_t)pair * stride;
  int left = 0;  // cell (t, column - 1)
  for (int diagonal = 0;; diagonal++) {
    int column = diagonal - t;
    if (column >= 0) {
      // Cells of row t - 1 are at index t, so that row -1 is at index 0.
      int above = cells[(diagonal + 2) % 3][t];
      int corner = column > 0 ? cells[(diagonal + 1) % 3][t] : 0;
      left = mine == text[column] ? corner + 1 : max(left, above);
      cells[diagonal % 3][t + 1] = left;
    }
    if (column == columns - 1) break;
    auto token = barrier.arrive();
    unsigned char soon = column + 1 >= 0 ? text[column + 1] : 0;  // on its way while others arrive
    asm volatile("" ::"r"((int)soon));
    barrier.wait(std::move(token));
  }
  if (t == rows - 1) out[pair] = left;
  barrier.arrive_and_drop();
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
