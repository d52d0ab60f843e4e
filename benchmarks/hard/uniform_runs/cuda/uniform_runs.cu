#include "uniform_runs.h"

#include "buffer.h"

// Whether all lanes of `mask` have the same value.
__device__ __forceinline__ bool all_equal(unsigned mask, unsigned value) {
  unsigned equal;
  asm volatile(
      "{\n\t"
      ".reg .pred p;\n\t"
      ".reg .b32 lanes;\n\t"
      "match.all.sync.b32 lanes|p, %1, %2;\n\t"
      "selp.u32 %0, 1, 0, p;\n\t"
      "}"
      : "=r"(equal)
      : "r"(value), "r"(mask));
  return equal;
}

// How many words each block takes.
__global__ void measure(const unsigned *in, int n, int *sizes) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned mask = __ballot_sync(0xffffffffu, i < n);
  if (i >= n) return;
  bool uniform = all_equal(mask, in[i]);
  if (i % 32 == 0) sizes[i / 32] = uniform ? 2 : 1 + __popc(mask);
}

__global__ void write(const unsigned *in, int n, const int *starts, unsigned *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned mask = __ballot_sync(0xffffffffu, i < n);
  if (i >= n) return;
  unsigned word = in[i];
  unsigned *to = out + starts[i / 32];
  bool uniform = all_equal(mask, word);
  if (i % 32 == 0) to[0] = uniform;
  if (i % 32 == 0 || !uniform) to[1 + i % 32] = word;
}

int compress(const unsigned *in, int n, unsigned *out) {
  int blocks = (n + 31) / 32, total = 0;
  Buffer<unsigned> d_in(in, n);
  Buffer<int> d_sizes(blocks);
  measure<<<(n + 127) / 128, 128>>>(d_in.data, n, d_sizes.data);
  if (finished()) return -1;
  int *starts = new int[blocks];
  d_sizes.read(starts);
  for (int i = 0; i < blocks; i++) {
    int size = starts[i];
    starts[i] = total;
    total += size;
  }
  Buffer<int> d_starts(starts, blocks);
  delete[] starts;
  Buffer<unsigned> d_out(total);
  write<<<(n + 127) / 128, 128>>>(d_in.data, n, d_starts.data, d_out.data);
  if (finished()) return -1;
  d_out.read(out);
  return total;
}
