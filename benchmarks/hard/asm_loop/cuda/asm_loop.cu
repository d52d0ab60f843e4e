#include "asm_loop.h"

#include "buffer.h"

// Stein's algorithm. `bfind` of a reversed word would need a branch for 0; `clz` gives 32, by which PTX shifts to 0.
__device__ __forceinline__ unsigned binary_gcd(unsigned a, unsigned b, unsigned &steps) {
  unsigned result;
  asm volatile(
      "{\n\t"
      ".reg .pred p, q;\n\t"
      ".reg .u32 x, y, s, t, u;\n\t"
      "mov.u32 x, %2;\n\t"
      "mov.u32 y, %3;\n\t"
      "mov.u32 %1, 0;\n\t"
      "or.b32 t, x, y;\n\t"
      "brev.b32 t, t;\n\t"
      "clz.b32 s, t;\n\t"  // twos that both have
      "shr.u32 x, x, s;\n\t"
      "shr.u32 y, y, s;\n\t"
      "setp.eq.u32 p, x, 0;\n\t"
      "setp.eq.u32 q, y, 0;\n\t"
      "@p bra ONLY_Y_%=;\n\t"
      "@q bra DONE_%=;\n\t"
      "brev.b32 t, x;\n\t"
      "clz.b32 t, t;\n\t"
      "shr.u32 x, x, t;\n\t"
      "NEXT_%=:\n\t"
      "brev.b32 t, y;\n\t"
      "clz.b32 t, t;\n\t"
      "shr.u32 y, y, t;\n\t"
      "min.u32 u, x, y;\n\t"
      "max.u32 y, x, y;\n\t"
      "mov.u32 x, u;\n\t"
      "sub.u32 y, y, x;\n\t"
      "add.u32 %1, %1, 1;\n\t"
      "setp.ne.u32 p, y, 0;\n\t"
      "@p bra NEXT_%=;\n\t"
      "bra.uni DONE_%=;\n\t"
      "ONLY_Y_%=:\n\t"
      "mov.u32 x, y;\n\t"
      "DONE_%=:\n\t"
      "shl.b32 %0, x, s;\n\t"
      "}"
      : "=r"(result), "=&r"(steps)
      : "r"(a), "r"(b));
  return result;
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
