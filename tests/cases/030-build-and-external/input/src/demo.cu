#include "demo.h"
#include <cuda_runtime.h>

void multiply(cublasHandle_t handle, int n, const float* a, const float* b, float* c) {
  const float one = 1.f, zero = 0.f;
  if (cublasSgemm(handle, CUBLAS_OP_N, CUBLAS_OP_T, n, n, n, &one, a, n, b, n, &zero, c, n) != CUBLAS_STATUS_SUCCESS) {
    cudaDeviceReset();
  }
}

int main() { return 0; }
