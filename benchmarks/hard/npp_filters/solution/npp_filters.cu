#include "npp_filters.h"

#include <hip/hip_runtime.h>

#define CHECK(call) \
  if ((call) != hipSuccess) return 1

// All four steps need a pixel's neighbours in the original only, so one kernel does them.
__global__ void find_edges(const uint8_t* picture, uint8_t* out, int height, int width, int gain, int shift, int level) {
  const int row = blockIdx.y * blockDim.y + threadIdx.y, column = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= height || column >= width) return;
  int sum = 0;
  for (int r = row - 1; r <= row + 1; ++r)
    for (int c = column - 1; c <= column + 1; ++c)
      sum += picture[min(max(r, 0), height - 1) * width + min(max(c, 0), width - 1)];
  const int difference = abs(picture[row * width + column] - sum / 9);
  const int half = (1 << shift) >> 1;
  const int scaled = min((difference * gain + half) >> shift, 255);
  out[row * width + column] = scaled > level ? 255 : 0;
}

int edges(const uint8_t* picture, uint8_t* out, int height, int width, int gain, int shift, int level) {
  const size_t bytes = static_cast<size_t>(height) * width;
  uint8_t *original, *result;
  CHECK(hipMalloc((void**)&original, bytes));
  CHECK(hipMalloc((void**)&result, bytes));
  CHECK(hipMemcpy(original, picture, bytes, hipMemcpyHostToDevice));
  const dim3 block(32, 8);
  find_edges<<<dim3((width + 31) / 32, (height + 7) / 8), block>>>(original, result, height, width, gain, shift, level);
  CHECK(hipMemcpy(out, result, bytes, hipMemcpyDeviceToHost));
  (void)hipFree(result);
  (void)hipFree(original);
  return 0;
}
