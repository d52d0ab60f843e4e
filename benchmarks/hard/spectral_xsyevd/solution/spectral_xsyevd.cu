#include "spectral_xsyevd.h"

#include <hip/hip_runtime.h>
#include <hipsolver/hipsolver.h>

#include <limits>

#define CHECK_HIP(call) \
  if ((call) != hipSuccess) return 1
#define CHECK_SOLVER(call) \
  if ((call) != HIPSOLVER_STATUS_SUCCESS) return 2

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
  CHECK_HIP(hipMalloc((void**)&da, sizeof(double) * n * lda));
  CHECK_HIP(hipMalloc((void**)&values, sizeof(double) * n));
  CHECK_HIP(hipMalloc((void**)&dout, sizeof(double) * n * n));
  CHECK_HIP(hipMalloc((void**)&info, sizeof(int)));
  CHECK_HIP(hipMemcpy(da, a, sizeof(double) * n * lda, hipMemcpyHostToDevice));

  // hipSOLVER's calls have a type in their names, int sizes, and one workspace, on the device.
  if (n > std::numeric_limits<int>::max() || lda > std::numeric_limits<int>::max()) return 2;
  hipsolverDnHandle_t handle;
  CHECK_SOLVER(hipsolverDnCreate(&handle));
  const int order = static_cast<int>(n), step = static_cast<int>(lda);
  int elements = 0;
  CHECK_SOLVER(hipsolverDnDsyevd_bufferSize(handle, HIPSOLVER_EIG_MODE_VECTOR, HIPSOLVER_FILL_MODE_LOWER, order, da,
                                            step, values, &elements));
  double* work = nullptr;
  CHECK_HIP(hipMalloc((void**)&work, sizeof(double) * (elements + 1)));
  CHECK_SOLVER(hipsolverDnDsyevd(handle, HIPSOLVER_EIG_MODE_VECTOR, HIPSOLVER_FILL_MODE_LOWER, order, da, step, values,
                                 work, elements, info));
  int failed = 0;
  CHECK_HIP(hipMemcpy(&failed, info, sizeof failed, hipMemcpyDeviceToHost));
  if (failed) return 3;
  combine<<<dim3((n + 63) / 64, n), 64>>>(da, lda, values, t, dout, n);
  CHECK_HIP(hipMemcpy(out, dout, sizeof(double) * n * n, hipMemcpyDeviceToHost));

  (void)hipFree(work);
  (void)hipsolverDnDestroy(handle);
  (void)hipFree(info);
  (void)hipFree(dout);
  (void)hipFree(values);
  (void)hipFree(da);
  return 0;
}
