#include "blas_xt.h"

#include <cublasXt.h>
#include <cuda_runtime.h>

__global__ void clean(float* values, size_t count) {
  const size_t i = blockIdx.x * static_cast<size_t>(blockDim.x) + threadIdx.x;
  if (i < count && isnan(values[i])) values[i] = 0.0f;
}

int lower_product(const float* x, const float* y, const float* z, float* g, float* out, size_t n, size_t k, size_t m) {
  float* cleaned;  // managed: cublasXt takes it like host memory
  if (cudaMallocManaged(&cleaned, sizeof(float) * n * m) != cudaSuccess) return 1;
  cudaMemcpy(cleaned, z, sizeof(float) * n * m, cudaMemcpyDefault);
  clean<<<(n * m + 255) / 256, 256>>>(cleaned, n * m);
  if (cudaDeviceSynchronize() != cudaSuccess) return 2;

  cublasXtHandle_t handle;
  if (cublasXtCreate(&handle) != CUBLAS_STATUS_SUCCESS) return 3;
  int devices[] = {0};
  cublasXtDeviceSelect(handle, 1, devices);
  cublasXtSetBlockDim(handle, 512);
  cublasXtSetPinningMemMode(handle, CUBLASXT_PINNING_DISABLED);
  const float one = 1.0f, zero = 0.0f;
  if (cublasXtSsyrkx(handle, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, n, k, &one, x, n, y, n, &zero, g, n) !=
      CUBLAS_STATUS_SUCCESS)
    return 4;
  if (cublasXtStrmm(handle, CUBLAS_SIDE_LEFT, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, CUBLAS_DIAG_NON_UNIT, n, m, &one, g,
                    n, cleaned, n, out, n) != CUBLAS_STATUS_SUCCESS)
    return 5;
  cublasXtDestroy(handle);
  cudaFree(cleaned);
  return 0;
}
