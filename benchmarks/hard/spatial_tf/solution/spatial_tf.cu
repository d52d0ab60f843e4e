#include "spatial_tf.h"

#include <hip/hip_runtime.h>

#define CHECK_HIP(call) \
  if ((call) != hipSuccess) return 1

__device__ static float pixel(const float* image, int row, int column, int height, int width) {
  const bool inside = row >= 0 && row < height && column >= 0 && column < width;
  return inside ? image[row * width + column] : 0.0f;
}

// A thread an output pixel of an image: the place in the input serves all channels.
__global__ void warp_pixels(const float* images, const float* theta, float* out, int channels, int height, int width) {
  const int at = blockIdx.x * blockDim.x + threadIdx.x, pixels = height * width;
  if (at >= pixels) return;
  const float* map = theta + blockIdx.y * 6;
  const float x = -1.0f + 2.0f * (at % width) / (width - 1), y = -1.0f + 2.0f * (at / width) / (height - 1);
  const float fromX = (map[0] * x + map[1] * y + map[2] + 1.0f) * (width - 1) * 0.5f;
  const float fromY = (map[3] * x + map[4] * y + map[5] + 1.0f) * (height - 1) * 0.5f;
  const float left = floorf(fromX), top = floorf(fromY);
  const float right = fromX - left, below = fromY - top;  // weights of the farther neighbours
  const int column = static_cast<int>(left), row = static_cast<int>(top);
  for (int c = 0; c < channels; ++c) {
    const size_t plane = (static_cast<size_t>(blockIdx.y) * channels + c) * pixels;
    const float* image = images + plane;
    const float above = (1.0f - right) * pixel(image, row, column, height, width) +
                        right * pixel(image, row, column + 1, height, width);
    const float under = (1.0f - right) * pixel(image, row + 1, column, height, width) +
                        right * pixel(image, row + 1, column + 1, height, width);
    out[plane + at] = (1.0f - below) * above + below * under;
  }
}

int warp_images(const float* images, const float* theta, float* out, int batch, int channels, int height, int width) {
  const size_t bytes = sizeof(float) * batch * channels * height * width;
  float *in, *maps, *warped;
  CHECK_HIP(hipMalloc((void**)&in, bytes));
  CHECK_HIP(hipMalloc((void**)&warped, bytes));
  CHECK_HIP(hipMalloc((void**)&maps, sizeof(float) * batch * 6));
  CHECK_HIP(hipMemcpy(in, images, bytes, hipMemcpyHostToDevice));
  CHECK_HIP(hipMemcpy(maps, theta, sizeof(float) * batch * 6, hipMemcpyHostToDevice));
  warp_pixels<<<dim3((height * width + 127) / 128, batch), 128>>>(in, maps, warped, channels, height, width);
  CHECK_HIP(hipMemcpy(out, warped, bytes, hipMemcpyDeviceToHost));
  (void)hipFree(maps);
  (void)hipFree(warped);
  (void)hipFree(in);
  return 0;
}
