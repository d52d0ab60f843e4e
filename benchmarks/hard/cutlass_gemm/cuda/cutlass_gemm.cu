#include "cutlass_gemm.h"

#include <cuda_runtime.h>
#include <cutlass/cutlass.h>
#include <cutlass/epilogue/thread/linear_combination_relu.h>
#include <cutlass/gemm/device/gemm.h>

namespace {

using Epilogue = cutlass::epilogue::thread::LinearCombinationRelu<float, 1, float, float>;

using Gemm = cutlass::gemm::device::Gemm<float, cutlass::layout::RowMajor,     // A
                                         float, cutlass::layout::ColumnMajor,  // B, whose rows are columns here
                                         float, cutlass::layout::RowMajor,     // C and the result
                                         float, cutlass::arch::OpClassSimt, cutlass::arch::Sm80,
                                         cutlass::gemm::GemmShape<128, 64, 8>, cutlass::gemm::GemmShape<32, 32, 8>,
                                         cutlass::gemm::GemmShape<1, 1, 1>, Epilogue>;

float* upload(const float* host, size_t count) {
  float* device = nullptr;
  if (cudaMalloc(&device, count * sizeof(float)) != cudaSuccess) return nullptr;
  cudaMemcpy(device, host, count * sizeof(float), cudaMemcpyHostToDevice);
  return device;
}

}  // namespace

int project(const float* a, int lda, const float* b, const float* c, float* out, int m, int n, int k, float alpha,
            float beta) {
  float* da = upload(a, static_cast<size_t>(m) * lda);
  float* db = upload(b, static_cast<size_t>(n) * k);
  float* dc = upload(c, static_cast<size_t>(m) * n);
  float* dout = nullptr;
  if (!da || !db || !dc || cudaMalloc(&dout, sizeof(float) * m * n) != cudaSuccess) return 1;

  Gemm::Arguments arguments({m, n, k}, {da, lda}, {db, k}, {dc, n}, {dout, n}, {alpha, beta});
  Gemm gemm;
  if (gemm.can_implement(arguments) != cutlass::Status::kSuccess) return 2;
  if (gemm(arguments) != cutlass::Status::kSuccess) return 3;
  if (cudaDeviceSynchronize() != cudaSuccess) return 4;
  cudaMemcpy(out, dout, sizeof(float) * m * n, cudaMemcpyDeviceToHost);
  cudaFree(dout);
  cudaFree(dc);
  cudaFree(db);
  cudaFree(da);
  return 0;
}
