#include "green_context.h"

#include <cuda.h>
#include <cuda_runtime.h>

#define CHECK(call) \
  if ((call) != CUDA_SUCCESS) return 1

__global__ void check_blocks(const uint8_t* data, int blocks, int size, uint32_t* checks) {
  // The grid is as large as the partition: blocks of data are taken in turns.
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
  CHECK(cuInit(0));
  CUdevice device;
  CHECK(cuDeviceGet(&device, 0));
  CUdevResource all, parts[2];
  CHECK(cuDeviceGetDevResource(device, &all, CU_DEV_RESOURCE_TYPE_SM));
  unsigned count = 1;
  CHECK(cuDevSmResourceSplitByCount(parts, &count, &all, &parts[1], 0, all.sm.smCount / 2));
  CUgreenCtx contexts[2];
  CUstream streams[2];
  for (int i = 0; i < 2; ++i) {
    CUdevResourceDesc description;
    CHECK(cuDevResourceGenerateDesc(&description, &parts[i], 1));
    CHECK(cuGreenCtxCreate(&contexts[i], description, device, CU_GREEN_CTX_DEFAULT_STREAM));
    CHECK(cuGreenCtxStreamCreate(&streams[i], contexts[i], CU_STREAM_NON_BLOCKING, 0));
  }
  CUcontext first;
  CHECK(cuCtxFromGreenCtx(&first, contexts[0]));
  CHECK(cuCtxSetCurrent(first));

  uint8_t* ddata;
  uint32_t *dchecks, *dhistogram;
  if (cudaMalloc(&ddata, blocks * size) || cudaMalloc(&dchecks, sizeof(uint32_t) * blocks) ||
      cudaMalloc(&dhistogram, sizeof(uint32_t) * 256))
    return 2;
  cudaMemcpy(ddata, data, blocks * size, cudaMemcpyHostToDevice);
  cudaMemset(dchecks, 0, sizeof(uint32_t) * blocks);
  cudaMemset(dhistogram, 0, sizeof(uint32_t) * 256);
  cudaDeviceSynchronize();
  check_blocks<<<parts[0].sm.smCount, 128, 0, streams[0]>>>(ddata, blocks, size, dchecks);
  count_bytes<<<parts[1].sm.smCount, 128, 0, streams[1]>>>(ddata, blocks * size, dhistogram);
  CHECK(cuStreamSynchronize(streams[0]));
  CHECK(cuStreamSynchronize(streams[1]));
  cudaMemcpy(checks, dchecks, sizeof(uint32_t) * blocks, cudaMemcpyDeviceToHost);
  cudaMemcpy(histogram, dhistogram, sizeof(uint32_t) * 256, cudaMemcpyDeviceToHost);
  cudaFree(dhistogram);
  cudaFree(dchecks);
  cudaFree(ddata);
  for (int i = 0; i < 2; ++i) {
    cuStreamDestroy(streams[i]);
    cuGreenCtxDestroy(contexts[i]);
  }
  return 0;
}
