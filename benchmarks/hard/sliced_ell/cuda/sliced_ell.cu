#include "sliced_ell.h"

#include <cuda_runtime.h>
#include <cusparse.h>

#define CHECK_CUDA(call) \
  if ((call) != cudaSuccess) return 1
#define CHECK_SPARSE(call) \
  if ((call) != CUSPARSE_STATUS_SUCCESS) return 2

__global__ void blend(const float* product, float alpha, float beta, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = alpha * fabsf(product[i]) + (beta == 0.0f ? 0.0f : beta * y[i]);
}

template <typename T>
static int upload(const std::vector<T>& host, T** device) {
  CHECK_CUDA(cudaMalloc((void**)device, host.size() * sizeof(T)));
  CHECK_CUDA(cudaMemcpy(*device, host.data(), host.size() * sizeof(T), cudaMemcpyHostToDevice));
  return 0;
}

int magnitude(const SlicedEll& a, float alpha, const std::vector<float>& x, float beta, std::vector<float>& y) {
  int *offsets, *columns;
  float *values, *dx, *dy, *product;
  if (upload(a.offsets, &offsets) || upload(a.columns, &columns) || upload(a.values, &values)) return 1;
  if (upload(x, &dx) || upload(y, &dy)) return 1;
  CHECK_CUDA(cudaMalloc((void**)&product, a.rows * sizeof(float)));

  cusparseHandle_t handle;
  CHECK_SPARSE(cusparseCreate(&handle));
  cusparseSpMatDescr_t matrix;
  CHECK_SPARSE(cusparseCreateSlicedEll(&matrix, a.rows, a.width, a.entries, a.values.size(), a.height, offsets, columns,
                                       values, CUSPARSE_INDEX_32I, CUSPARSE_INDEX_32I, CUSPARSE_INDEX_BASE_ZERO,
                                       CUDA_R_32F));
  cusparseDnVecDescr_t vx, vp;
  CHECK_SPARSE(cusparseCreateDnVec(&vx, a.width, dx, CUDA_R_32F));
  CHECK_SPARSE(cusparseCreateDnVec(&vp, a.rows, product, CUDA_R_32F));
  const float one = 1.0f, zero = 0.0f;
  size_t bytes = 0;
  void* buffer = nullptr;
  CHECK_SPARSE(cusparseSpMV_bufferSize(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, &one, matrix, vx, &zero, vp,
                                       CUDA_R_32F, CUSPARSE_SPMV_SELL_ALG1, &bytes));
  CHECK_CUDA(cudaMalloc(&buffer, bytes));
  CHECK_SPARSE(cusparseSpMV(handle, CUSPARSE_OPERATION_NON_TRANSPOSE, &one, matrix, vx, &zero, vp, CUDA_R_32F,
                            CUSPARSE_SPMV_SELL_ALG1, buffer));
  blend<<<(a.rows + 127) / 128, 128>>>(product, alpha, beta, dy, a.rows);
  CHECK_CUDA(cudaMemcpy(y.data(), dy, a.rows * sizeof(float), cudaMemcpyDeviceToHost));

  cusparseDestroyDnVec(vp);
  cusparseDestroyDnVec(vx);
  cusparseDestroySpMat(matrix);
  cusparseDestroy(handle);
  cudaFree(buffer);
  cudaFree(product);
  cudaFree(dy);
  cudaFree(dx);
  cudaFree(values);
  cudaFree(columns);
  cudaFree(offsets);
  return 0;
}
