#include "green_context.h"

#include <hip/hip_runtime.h>

#define CHECK(call) \
  if ((call) != hipSuccess) return 1

__global__ void check_blocks(const uint8_t* data, int blocks, int size, uint32_t* checks) {
  // The grid does not depend on the data: blocks of data are taken in turns.
  for (int block = blockIdx.x; block < blocks; block += gridDim.x) {
    uint32_t sum = 0;
    for (int i = threadIdx.x; i < size; i += blockDim.x) sum += data[block * size + i] * (i + 1u);
    atomicAdd(&checks[block], sum);
  }
}

__global__ void count_bytes(const uint8_t* data, int total, uint32_t* histogram) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < total; i += gridDim.x * blockDim.x)
    atomicAdd(&histogram[data[i]], 1u);
}

int scan_blocks(const uint8_t* data, int blocks, int size, uint32_t* checks, uint32_t* histogram) {
  // HIP has no partitions as contexts: two streams, and half of the compute units' worth of blocks for each.
  int units = 0;
  CHECK(hipDeviceGetAttribute(&units, hipDeviceAttributeMultiprocessorCount, 0));
  const int grid = units > 1 ? units / 2 : 1;
  hipStream_t streams[2];
  for (hipStream_t& each : streams) CHECK(hipStreamCreateWithFlags(&each, hipStreamNonBlocking));

  uint8_t* ddata;
  uint32_t *dchecks, *dhistogram;
  if (hipMalloc(&ddata, blocks * size) != hipSuccess || hipMalloc(&dchecks, sizeof(uint32_t) * blocks) != hipSuccess ||
      hipMalloc(&dhistogram, sizeof(uint32_t) * 256) != hipSuccess)
    return 2;
  (void)hipMemcpy(ddata, data, blocks * size, hipMemcpyHostToDevice);
  (void)hipMemset(dchecks, 0, sizeof(uint32_t) * blocks);
  (void)hipMemset(dhistogram, 0, sizeof(uint32_t) * 256);
  (void)hipDeviceSynchronize();
  check_blocks<<<grid, 128, 0, streams[0]>>>(ddata, blocks, size, dchecks);
  count_bytes<<<grid, 128, 0, streams[1]>>>(ddata, blocks * size, dhistogram);
  CHECK(hipStreamSynchronize(streams[0]));
  CHECK(hipStreamSynchronize(streams[1]));
  (void)hipMemcpy(checks, dchecks, sizeof(uint32_t) * blocks, hipMemcpyDeviceToHost);
  (void)hipMemcpy(histogram, dhistogram, sizeof(uint32_t) * 256, hipMemcpyDeviceToHost);
  (void)hipFree(dhistogram);
  (void)hipFree(dchecks);
  (void)hipFree(ddata);
  for (hipStream_t each : streams) (void)hipStreamDestroy(each);
  return 0;
}
