// Column-major products by cuBLAS: in float, and of halves with sums in float.
#include <cuda_fp16.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "checks.h"

namespace {

// Small integers: every product and sum is exact, whatever the order.
float entry(int row, int column, int seed) { return static_cast<float>((row * 7 + column * 3 + seed) % 5 - 2); }

bool report(const char* name, int n, const std::vector<float>& c) {
  int wrong = 0;
  for (int column = 0; column < n; column += 3)
    for (int row = 0; row < n; row += 5) {
      float sum = 0;
      for (int k = 0; k < n; ++k) sum += entry(k, row, 1) * entry(k, column, 2);
      wrong += c[column * n + row] != 2.0f * sum;
    }
  std::printf("%s %d x %d: %s\n", name, n, n, wrong ? "WRONG" : "ok");
  return wrong == 0;
}

template <typename T>
T* matrix(int n, int seed) {
  std::vector<T> host(n * n);
  for (int column = 0; column < n; ++column)
    for (int row = 0; row < n; ++row) host[column * n + row] = T(entry(row, column, seed));
  T* device;
  MUST(cudaMalloc(&device, n * n * sizeof(T)));
  MUST(cudaMemcpy(device, host.data(), n * n * sizeof(T), cudaMemcpyHostToDevice));
  return device;
}

}  // namespace

bool check_gemm(int n) {
  float *a = matrix<float>(n, 1), *b = matrix<float>(n, 2), *c = matrix<float>(n, 3);
  const float alpha = 2.0f, beta = 0.0f;
  cublasHandle_t handle;
  cudaStream_t stream;
  MUST(cublasCreate(&handle));
  MUST(cudaStreamCreate(&stream));
  MUST(cublasSetStream(handle, stream));
  MUST(cublasSetPointerMode(handle, CUBLAS_POINTER_MODE_HOST));
  MUST(cublasSgemm(handle, CUBLAS_OP_T, CUBLAS_OP_N, n, n, n, &alpha, a, n, b, n, &beta, c, n));
  std::vector<float> host(n * n);
  MUST(cudaMemcpyAsync(host.data(), c, n * n * sizeof(float), cudaMemcpyDeviceToHost, stream));
  MUST(cudaStreamSynchronize(stream));
  MUST(cublasDestroy(handle));
  MUST(cudaStreamDestroy(stream));
  MUST(cudaFree(a));
  MUST(cudaFree(b));
  MUST(cudaFree(c));
  return report("sgemm", n, host);
}

bool check_gemm_mixed(int n) {
  __half *a = matrix<__half>(n, 1), *b = matrix<__half>(n, 2);
  float *c = matrix<float>(n, 3);
  const float alpha = 2.0f, beta = 0.0f;
  cublasHandle_t handle;
  MUST(cublasCreate(&handle));
  MUST(cublasGemmEx(handle, CUBLAS_OP_T, CUBLAS_OP_N, n, n, n, &alpha, a, CUDA_R_16F, n, b, CUDA_R_16F, n, &beta, c,
                    CUDA_R_32F, n, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT));
  std::vector<float> host(n * n);
  MUST(cudaMemcpy(host.data(), c, n * n * sizeof(float), cudaMemcpyDeviceToHost));
  MUST(cublasDestroy(handle));
  MUST(cudaFree(a));
  MUST(cudaFree(b));
  MUST(cudaFree(c));
  return report("gemm of halves", n, host);
}
