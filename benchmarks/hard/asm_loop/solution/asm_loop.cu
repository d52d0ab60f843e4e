#include <hip/hip_runtime.h>
#include "asm_loop.h"

#include "buffer.h"

// Stein's algorithm. A word of zeros has 32 of them at its end; by so many nothing is shifted here, since it is 0.
__device__ __forceinline__ unsigned binary_gcd(unsigned a, unsigned b, unsigned &steps) {
  unsigned x = a, y = b;
  steps = 0;
  if (!x) return y;
  if (!y) return x;
  int common = __ffs(x | y) - 1;  // twos that both have
  x >>= __ffs(x) - 1;
  y >>= common;
  do {
    y >>= __ffs(y) - 1;
    unsigned less = min(x, y);
    y = max(x, y) - less;
    x = less;
    steps++;
  } while (y);
  return x << common;
}

__global__ void divisors_of(const unsigned *a, const unsigned *b, unsigned *out, unsigned *steps, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = binary_gcd(a[i], b[i], steps[i]);
}

int divisors(const unsigned *a, const unsigned *b, unsigned *out, unsigned *steps, int n) {
  Buffer<unsigned> d_a(a, n), d_b(b, n), d_out(n), d_steps(n);
  divisors_of<<<(n + 255) / 256, 256>>>(d_a.data, d_b.data, d_out.data, d_steps.data, n);
  int status = finished();
  d_out.read(out);
  d_steps.read(steps);
  return status;
}
