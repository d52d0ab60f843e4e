#include "cutlass_gemm.h"

#include <hip/hip_runtime.h>
#include <hipblas/hipblas.h>

namespace {

__global__ void rectify(float* values, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) values[i] = fmaxf(values[i], 0.0f);
}

float* upload(const float* host, size_t count) {
  float* device = nullptr;
  if (hipMalloc(&device, count * sizeof(float)) != hipSuccess) return nullptr;
  if (hipMemcpy(device, host, count * sizeof(float), hipMemcpyHostToDevice) != hipSuccess) return nullptr;
  return device;
}

}  // namespace

int project(const float* a, int lda, const float* b, const float* c, float* out, int m, int n, int k, float alpha,
            float beta) {
  float* da = upload(a, static_cast<size_t>(m) * lda);
  float* db = upload(b, static_cast<size_t>(n) * k);
  float* dout = upload(c, static_cast<size_t>(m) * n);  // hipBLAS blends in place
  hipblasHandle_t handle;
  if (!da || !db || !dout || hipblasCreate(&handle) != HIPBLAS_STATUS_SUCCESS) return 1;

  // Row-major out = A * B^T is column-major out' = B * A', and the memory of B read by columns is B'.
  if (hipblasSgemm(handle, HIPBLAS_OP_T, HIPBLAS_OP_N, n, m, k, &alpha, db, k, da, lda, &beta, dout, n) !=
      HIPBLAS_STATUS_SUCCESS)
    return 3;
  rectify<<<(m * n + 255) / 256, 256>>>(dout, m * n);
  if (hipMemcpy(out, dout, sizeof(float) * m * n, hipMemcpyDeviceToHost) != hipSuccess) return 4;
  (void)hipblasDestroy(handle);
  (void)hipFree(dout);
  (void)hipFree(db);
  (void)hipFree(da);
  return 0;
}
