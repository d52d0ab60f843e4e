#include "spectral_xsyevd.h"

#include <cuda_runtime.h>
#include <cusolverDn.h>

#include <vector>

#define CHECK_CUDA(call) \
  if ((call) != cudaSuccess) return 1
#define CHECK_SOLVER(call) \
  if ((call) != CUSOLVER_STATUS_SUCCESS) return 2

__global__ void combine(const double* vectors, int64_t lda, const double* values, double t, double* out, int64_t n) {
  const int64_t row = blockIdx.x * blockDim.x + threadIdx.x, column = blockIdx.y;
  if (row >= n) return;
  double sum = 0;
  for (int64_t k = 0; k < n; ++k)
    sum += vectors[k * lda + row] * exp(-t * values[k]) * vectors[k * lda + column];
  out[column * n + row] = sum;
}

int heat_kernel(const double* a, int64_t n, int64_t lda, double t, double* out) {
  double *da, *values, *dout;
  int* info;
  CHECK_CUDA(cudaMalloc((void**)&da, sizeof(double) * n * lda));
  CHECK_CUDA(cudaMalloc((void**)&values, sizeof(double) * n));
  CHECK_CUDA(cudaMalloc((void**)&dout, sizeof(double) * n * n));
  CHECK_CUDA(cudaMalloc((void**)&info, sizeof(int)));
  CHECK_CUDA(cudaMemcpy(da, a, sizeof(double) * n * lda, cudaMemcpyHostToDevice));

  cusolverDnHandle_t handle;
  cusolverDnParams_t params;
  CHECK_SOLVER(cusolverDnCreate(&handle));
  CHECK_SOLVER(cusolverDnCreateParams(&params));
  size_t deviceBytes = 0, hostBytes = 0;
  CHECK_SOLVER(cusolverDnXsyevd_bufferSize(handle, params, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, n,
                                           CUDA_R_64F, da, lda, CUDA_R_64F, values, CUDA_R_64F, &deviceBytes,
                                           &hostBytes));
  void* work = nullptr;
  CHECK_CUDA(cudaMalloc(&work, deviceBytes));
  std::vector<char> hostWork(hostBytes);
  CHECK_SOLVER(cusolverDnXsyevd(handle, params, CUSOLVER_EIG_MODE_VECTOR, CUBLAS_FILL_MODE_LOWER, n, CUDA_R_64F, da, lda,
                                CUDA_R_64F, values, CUDA_R_64F, work, deviceBytes, hostWork.data(), hostBytes, info));
  int failed = 0;
  CHECK_CUDA(cudaMemcpy(&failed, info, sizeof failed, cudaMemcpyDeviceToHost));
  if (failed) return 3;
  combine<<<dim3((n + 63) / 64, n), 64>>>(da, lda, values, t, dout, n);
  CHECK_CUDA(cudaMemcpy(out, dout, sizeof(double) * n * n, cudaMemcpyDeviceToHost));

  cudaFree(work);
  cusolverDnDestroyParams(params);
  cusolverDnDestroy(handle);
  cudaFree(info);
  cudaFree(dout);
  cudaFree(values);
  cudaFree(da);
  return 0;
}
