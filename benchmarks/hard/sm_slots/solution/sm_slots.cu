#include <hip/hip_runtime.h>
#include "sm_slots.h"

#include "buffer.h"

// Blocks share a copy with every `slots`-th other, so that few of them meet in an atomic.
__global__ void count(const unsigned char *bytes, int n, unsigned *copies, int slots) {
  unsigned *mine = copies + blockIdx.x % slots * 256;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) atomicAdd(&mine[bytes[i]], 1u);
}

__global__ void add_up(const unsigned *copies, int slots, unsigned *histogram, int *used) {
  unsigned sum = 0;
  for (int i = 0; i < slots; i++) sum += copies[i * 256 + threadIdx.x];
  histogram[threadIdx.x] = sum;
  for (int i = 0; i < slots; i++)
    if (__syncthreads_or(copies[i * 256 + threadIdx.x] != 0) && threadIdx.x == 0) *used += 1;
}

int byte_histogram(const unsigned char *bytes, int n, unsigned *histogram, int *slots_used) {
  int room = 1;  // a copy for each multiprocessor
  (void)hipDeviceGetAttribute(&room, hipDeviceAttributeMultiprocessorCount, 0);
  Buffer<unsigned char> d_bytes(bytes, n);
  Buffer<unsigned> copies(room * 256), d_histogram(256);
  Buffer<int> used(1);
  hipMemset(copies.data, 0, room * 256 * sizeof(unsigned));
  hipMemset(used.data, 0, sizeof(int));
  count<<<60, 128>>>(d_bytes.data, n, copies.data, room);
  add_up<<<1, 256>>>(copies.data, room, d_histogram.data, used.data);
  int status = finished();
  d_histogram.read(histogram);
  used.read(slots_used);
  return status;
}
