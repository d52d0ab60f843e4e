#include "lt_col32.h"

#include <hip/hip_runtime.h>

// hipBLASLt knows neither tiled order: the rows of both operands are read as they are, four numbers at a time.
__global__ void layer(const int* x, const int* w, const float* scale, int8_t* out, int n, int words) {
  const int i = blockIdx.y, j = blockIdx.x * blockDim.x + threadIdx.x;
  if (j >= n) return;
  int sum = 0;
  for (int l = 0; l < words; ++l) {
    const int left = x[i * words + l], right = w[j * words + l];
    for (int byte = 0; byte < 32; byte += 8)
      sum += static_cast<int8_t>(left >> byte) * static_cast<int8_t>(right >> byte);
  }
  const float value = rintf(static_cast<float>(sum) * scale[j]);
  out[i * n + j] = static_cast<int8_t>(fminf(fmaxf(value, -128.0f), 127.0f));
}

int quantised_layer(const int8_t* x, const int8_t* w, const float* scale, int8_t* out, int m, int n, int k) {
  int *dx, *dw;
  int8_t* dout;
  float* dscale;
  if (hipMalloc(&dx, m * k) != hipSuccess || hipMalloc(&dw, n * k) != hipSuccess ||
      hipMalloc(&dout, m * n) != hipSuccess || hipMalloc(&dscale, sizeof(float) * n) != hipSuccess)
    return 1;
  (void)hipMemcpy(dx, x, m * k, hipMemcpyHostToDevice);
  (void)hipMemcpy(dw, w, n * k, hipMemcpyHostToDevice);
  (void)hipMemcpy(dscale, scale, sizeof(float) * n, hipMemcpyHostToDevice);
  layer<<<dim3((n + 63) / 64, m), 64>>>(dx, dw, dscale, dout, n, k / 4);
  if (hipMemcpy(out, dout, m * n, hipMemcpyDeviceToHost) != hipSuccess) return 2;
  (void)hipFree(dscale);
  (void)hipFree(dout);
  (void)hipFree(dw);
  (void)hipFree(dx);
  return 0;
}
