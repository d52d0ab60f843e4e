#include "lt_col32.h"

#include <cublasLt.h>
#include <cuda_runtime.h>

namespace {

struct Failed {};

void must(cublasStatus_t status) {
  if (status != CUBLAS_STATUS_SUCCESS) throw Failed{};
}

template <typename T>
T* allocate(size_t count) {
  T* device;
  if (cudaMalloc(&device, count * sizeof(T)) != cudaSuccess) throw Failed{};
  return device;
}

cublasLtMatrixLayout_t layout(cudaDataType type, int rows, int columns, int ld, cublasLtOrder_t order) {
  cublasLtMatrixLayout_t made;
  must(cublasLtMatrixLayoutCreate(&made, type, rows, columns, ld));
  must(cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_ORDER, &order, sizeof order));
  return made;
}

int rounded(int value, int to) { return (value + to - 1) / to * to; }

__global__ void requantise(const int* sums, const float* scale, int8_t* out, int m, int n) {
  const int i = blockIdx.y, j = blockIdx.x * blockDim.x + threadIdx.x;
  if (j >= n) return;
  const float value = rintf(static_cast<float>(sums[i * n + j]) * scale[j]);
  out[i * n + j] = static_cast<int8_t>(fminf(fmaxf(value, -128.0f), 127.0f));
}

}  // namespace

int quantised_layer(const int8_t* x, const int8_t* w, const float* scale, int8_t* out, int m, int n, int k) try {
  int8_t *dx = allocate<int8_t>(m * k), *dw = allocate<int8_t>(n * k), *dout = allocate<int8_t>(m * n);
  float* dscale = allocate<float>(n);
  cudaMemcpy(dx, x, m * k, cudaMemcpyHostToDevice);
  cudaMemcpy(dw, w, n * k, cudaMemcpyHostToDevice);
  cudaMemcpy(dscale, scale, sizeof(float) * n, cudaMemcpyHostToDevice);

  cublasLtHandle_t lt;
  must(cublasLtCreate(&lt));
  // Columns in tiles of 32; the second operand in the interleaved order of the tensor cores.
  const int ldx = 32 * m, ldw = 32 * rounded(n, 8), ldsum = 32 * m;
  int8_t* tiledX = allocate<int8_t>(ldx * (k / 32));
  int8_t* tiledW = allocate<int8_t>(ldw * (k / 32));
  int* tiledSums = allocate<int>(ldsum * (n / 32));
  int* sums = allocate<int>(m * n);
  const auto rowX = layout(CUDA_R_8I, m, k, k, CUBLASLT_ORDER_ROW), rowW = layout(CUDA_R_8I, n, k, k, CUBLASLT_ORDER_ROW);
  const auto rowSums = layout(CUDA_R_32I, m, n, n, CUBLASLT_ORDER_ROW);
  const auto tileX = layout(CUDA_R_8I, m, k, ldx, CUBLASLT_ORDER_COL32);
  const auto tileW = layout(CUDA_R_8I, n, k, ldw, CUBLASLT_ORDER_COL4_4R2_8C);
  const auto tileSums = layout(CUDA_R_32I, m, n, ldsum, CUBLASLT_ORDER_COL32);

  cublasLtMatrixTransformDesc_t transform;
  must(cublasLtMatrixTransformDescCreate(&transform, CUDA_R_32F));
  const float one = 1.0f, zero = 0.0f;
  must(cublasLtMatrixTransform(lt, transform, &one, dx, rowX, &zero, nullptr, nullptr, tiledX, tileX, 0));
  must(cublasLtMatrixTransform(lt, transform, &one, dw, rowW, &zero, nullptr, nullptr, tiledW, tileW, 0));

  cublasLtMatmulDesc_t product;
  must(cublasLtMatmulDescCreate(&product, CUBLAS_COMPUTE_32I, CUDA_R_32I));
  const cublasOperation_t transposed = CUBLAS_OP_T;
  must(cublasLtMatmulDescSetAttribute(product, CUBLASLT_MATMUL_DESC_TRANSB, &transposed, sizeof transposed));
  const int alpha = 1, beta = 0;
  must(cublasLtMatmul(lt, product, &alpha, tiledX, tileX, tiledW, tileW, &beta, tiledSums, tileSums, tiledSums, tileSums,
                      nullptr, nullptr, 0, 0));
  must(cublasLtMatrixTransform(lt, transform, &one, tiledSums, tileSums, &zero, nullptr, nullptr, sums, rowSums, 0));
  requantise<<<dim3((n + 63) / 64, m), 64>>>(sums, dscale, dout, m, n);
  if (cudaMemcpy(out, dout, m * n, cudaMemcpyDeviceToHost) != cudaSuccess) return 2;

  cublasLtMatmulDescDestroy(product);
  cublasLtMatrixTransformDescDestroy(transform);
  for (const auto each : {rowX, rowW, rowSums, tileX, tileW, tileSums}) cublasLtMatrixLayoutDestroy(each);
  cublasLtDestroy(lt);
  for (void* each : {(void*)sums, (void*)tiledSums, (void*)tiledW, (void*)tiledX, (void*)dscale, (void*)dout, (void*)dw,
                     (void*)dx})
    cudaFree(each);
  return 0;
} catch (const Failed&) {
  return 1;
}
