#include "gemm_grouped.h"

#include <cublas_v2.h>
#include <cuda_runtime.h>

namespace {

__global__ void rectify(float* c, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = fmaxf(c[i], 0.0f);
}

float* upload(const std::vector<float>& host) {
  float* device = nullptr;
  if (cudaMalloc(&device, host.size() * sizeof(float)) != cudaSuccess) return nullptr;
  cudaMemcpy(device, host.data(), host.size() * sizeof(float), cudaMemcpyHostToDevice);
  return device;
}

template <typename Pointer>
Pointer* upload_pointers(const std::vector<Pointer>& host) {
  Pointer* device = nullptr;
  if (cudaMalloc(&device, host.size() * sizeof(Pointer)) != cudaSuccess) return nullptr;
  cudaMemcpy(device, host.data(), host.size() * sizeof(Pointer), cudaMemcpyHostToDevice);
  return device;
}

}  // namespace

int multiply_experts(const std::vector<Expert>& experts, const std::vector<float>& a, const std::vector<float>& b,
                     std::vector<float>& c) {
  float* da = upload(a);
  float* db = upload(b);
  float* dc = upload(c);
  if (!da || !db || !dc) return 1;

  // Row-major C = A * B is column-major C' = B' * A': the operands change places and nothing is transposed.
  std::vector<cublasOperation_t> none(experts.size(), CUBLAS_OP_N);
  std::vector<int> m, n, k, lda, ldb, ldc, size;
  std::vector<float> alpha, beta;
  std::vector<const float*> left, right;
  std::vector<float*> out;
  const float* nextA = da;
  const float* nextB = db;
  float* nextC = dc;
  for (const Expert& expert : experts) {
    m.push_back(expert.columns);
    n.push_back(expert.rows);
    k.push_back(expert.inner);
    lda.push_back(expert.columns);
    ldb.push_back(expert.inner);
    ldc.push_back(expert.columns);
    size.push_back(expert.count);
    alpha.push_back(expert.scale);
    beta.push_back(expert.keep);
    for (int i = 0; i < expert.count; ++i) {
      left.push_back(nextB);
      right.push_back(nextA);
      out.push_back(nextC);
      nextA += expert.rows * expert.inner;
      nextB += expert.inner * expert.columns;
      nextC += expert.rows * expert.columns;
    }
  }
  const float** dleft = upload_pointers(left);
  const float** dright = upload_pointers(right);
  float** dout = upload_pointers(out);

  cublasHandle_t handle;
  if (cublasCreate(&handle) != CUBLAS_STATUS_SUCCESS) return 2;
  if (cublasSgemmGroupedBatched(handle, none.data(), none.data(), m.data(), n.data(), k.data(), alpha.data(), dleft,
                                lda.data(), dright, ldb.data(), beta.data(), dout, ldc.data(),
                                static_cast<int>(experts.size()), size.data()) != CUBLAS_STATUS_SUCCESS)
    return 3;
  const int total = static_cast<int>(c.size());
  rectify<<<(total + 255) / 256, 256>>>(dc, total);
  if (cudaDeviceSynchronize() != cudaSuccess) return 4;
  cudaMemcpy(c.data(), dc, c.size() * sizeof(float), cudaMemcpyDeviceToHost);

  cublasDestroy(handle);
  cudaFree(dout);
  cudaFree(dright);
  cudaFree(dleft);
  cudaFree(dc);
  cudaFree(db);
  cudaFree(da);
  return 0;
}
