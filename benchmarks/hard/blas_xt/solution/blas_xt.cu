#include "blas_xt.h"

#include <hip/hip_runtime.h>
#include <hipblas/hipblas.h>

__global__ void clean(float* values, size_t count) {
  const size_t i = blockIdx.x * static_cast<size_t>(blockDim.x) + threadIdx.x;
  if (i < count && isnan(values[i])) values[i] = 0.0f;
}

static float* upload(const float* host, size_t count) {
  float* device = nullptr;
  if (hipMalloc((void**)&device, sizeof(float) * count) != hipSuccess) return nullptr;
  if (hipMemcpy(device, host, sizeof(float) * count, hipMemcpyHostToDevice) != hipSuccess) return nullptr;
  return device;
}

int lower_product(const float* x, const float* y, const float* z, float* g, float* out, size_t n, size_t k, size_t m) {
  // No library of AMD's tiles matrices in host memory: everything goes to the device and back.
  float* dx = upload(x, n * k);
  float* dy = upload(y, n * k);
  float* dz = upload(z, n * m);
  float* dg = upload(g, n * n);
  float* dout = nullptr;
  if (!dx || !dy || !dz || !dg || hipMalloc((void**)&dout, sizeof(float) * n * m) != hipSuccess) return 1;
  clean<<<(n * m + 255) / 256, 256>>>(dz, n * m);

  hipblasHandle_t handle;
  if (hipblasCreate(&handle) != HIPBLAS_STATUS_SUCCESS) return 3;
  const int rows = static_cast<int>(n), inner = static_cast<int>(k), columns = static_cast<int>(m);
  const float one = 1.0f, zero = 0.0f;
  if (hipblasSsyrkx(handle, HIPBLAS_FILL_MODE_LOWER, HIPBLAS_OP_N, rows, inner, &one, dx, rows, dy, rows, &zero, dg,
                    rows) != HIPBLAS_STATUS_SUCCESS)
    return 4;
  if (hipblasStrmm(handle, HIPBLAS_SIDE_LEFT, HIPBLAS_FILL_MODE_LOWER, HIPBLAS_OP_N, HIPBLAS_DIAG_NON_UNIT, rows,
                   columns, &one, dg, rows, dz, rows, dout, rows) != HIPBLAS_STATUS_SUCCESS)
    return 5;
  if (hipMemcpy(g, dg, sizeof(float) * n * n, hipMemcpyDeviceToHost) != hipSuccess ||
      hipMemcpy(out, dout, sizeof(float) * n * m, hipMemcpyDeviceToHost) != hipSuccess)
    return 6;
  (void)hipblasDestroy(handle);
  for (float* each : {dx, dy, dz, dg, dout}) (void)hipFree(each);
  return 0;
}
