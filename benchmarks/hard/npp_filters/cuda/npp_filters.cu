#include "npp_filters.h"

#include <cuda_runtime.h>
#include <npp.h>

#define CHECK(call) \
  if ((call) != NPP_SUCCESS) return 2

int edges(const uint8_t* picture, uint8_t* out, int height, int width, int gain, int shift, int level) {
  NppStreamContext context = {};
  context.hStream = nullptr;
  cudaGetDevice(&context.nCudaDeviceId);
  cudaDeviceProp properties;
  if (cudaGetDeviceProperties(&properties, context.nCudaDeviceId) != cudaSuccess) return 1;
  context.nMultiProcessorCount = properties.multiProcessorCount;
  context.nMaxThreadsPerMultiProcessor = properties.maxThreadsPerMultiProcessor;
  context.nMaxThreadsPerBlock = properties.maxThreadsPerBlock;
  context.nSharedMemPerBlock = properties.sharedMemPerBlock;
  context.nCudaDevAttrComputeCapabilityMajor = properties.major;
  context.nCudaDevAttrComputeCapabilityMinor = properties.minor;

  int step = 0;
  Npp8u* original = nppiMalloc_8u_C1(width, height, &step);
  Npp8u* smooth = nppiMalloc_8u_C1(width, height, &step);
  if (!original || !smooth) return 1;
  cudaMemcpy2D(original, step, picture, width, width, height, cudaMemcpyHostToDevice);

  const NppiSize size = {width, height}, mask = {3, 3};
  const NppiPoint origin = {0, 0}, anchor = {1, 1};
  CHECK(nppiFilterBoxBorder_8u_C1R_Ctx(original, step, size, origin, smooth, step, size, mask, anchor,
                                       NPP_BORDER_REPLICATE, context));
  CHECK(nppiAbsDiff_8u_C1R_Ctx(original, step, smooth, step, smooth, step, size, context));
  CHECK(nppiMulC_8u_C1IRSfs_Ctx(static_cast<Npp8u>(gain), smooth, step, size, shift, context));
  CHECK(nppiThreshold_LTValGTVal_8u_C1IR_Ctx(smooth, step, size, static_cast<Npp8u>(level + 1), 0,
                                             static_cast<Npp8u>(level), 255, context));
  if (cudaMemcpy2D(out, width, smooth, step, width, height, cudaMemcpyDeviceToHost) != cudaSuccess) return 3;
  nppiFree(smooth);
  nppiFree(original);
  return 0;
}
