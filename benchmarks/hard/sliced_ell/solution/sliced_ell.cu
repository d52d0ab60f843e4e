#include "sliced_ell.h"

#include <hip/hip_runtime.h>

#define CHECK_HIP(call) \
  if ((call) != hipSuccess) return 1

// hipSPARSE has no sliced ELL: one thread a row reads the slice column by column, which coalesces.
__global__ void magnitude_rows(const int* offsets, const int* columns, const float* values, int height, const float* x,
                               float alpha, float beta, float* y, int rows) {
  const int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  const int slice = row / height;
  float sum = 0.0f;
  for (int i = offsets[slice] + row % height; i < offsets[slice + 1]; i += height)
    if (columns[i] >= 0) sum += values[i] * x[columns[i]];
  y[row] = alpha * fabsf(sum) + (beta == 0.0f ? 0.0f : beta * y[row]);
}

template <typename T>
static int upload(const std::vector<T>& host, T** device) {
  CHECK_HIP(hipMalloc((void**)device, host.size() * sizeof(T)));
  CHECK_HIP(hipMemcpy(*device, host.data(), host.size() * sizeof(T), hipMemcpyHostToDevice));
  return 0;
}

int magnitude(const SlicedEll& a, float alpha, const std::vector<float>& x, float beta, std::vector<float>& y) {
  int *offsets, *columns;
  float *values, *dx, *dy;
  if (upload(a.offsets, &offsets) || upload(a.columns, &columns) || upload(a.values, &values)) return 1;
  if (upload(x, &dx) || upload(y, &dy)) return 1;
  magnitude_rows<<<(a.rows + 127) / 128, 128>>>(offsets, columns, values, a.height, dx, alpha, beta, dy, a.rows);
  CHECK_HIP(hipMemcpy(y.data(), dy, a.rows * sizeof(float), hipMemcpyDeviceToHost));
  (void)hipFree(dy);
  (void)hipFree(dx);
  (void)hipFree(values);
  (void)hipFree(columns);
  (void)hipFree(offsets);
  return 0;
}
