#include "ptx_module.h"

#include "buffer.h"

// Was scramble.ptx.
__global__ void scramble_words(const unsigned *in, unsigned *out, unsigned n, unsigned key) {
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  unsigned word = in[i], high = __umulhi(word, key);
  out[i] = __funnelshift_l(word, word, i) + (word & 1 ? -high : high);
}

int scramble(const unsigned *in, unsigned *out, int n, unsigned key) {
  Buffer<unsigned> d_in(in, n), d_out(n);
  scramble_words<<<(n + 127) / 128, 128>>>(d_in.data, d_out.data, n, key);
  int status = finished();
  d_out.read(out);
  return status;
}
