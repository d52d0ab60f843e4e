#include "mdspan_views.h"

#include <cuda_runtime.h>

#include <cuda/std/array>
#include <cuda/std/mdspan>

namespace stdx = cuda::std;

using Pixels = stdx::mdspan<const float, stdx::extents<int, stdx::dynamic_extent, stdx::dynamic_extent, 3>>;
using Channel = stdx::mdspan<const float, stdx::dextents<int, 2>, stdx::layout_stride>;
using Plane = stdx::mdspan<float, stdx::dextents<int, 2>, stdx::layout_left>;

__host__ __device__ Channel channel_of(const Pixels& picture, int channel) {
  const stdx::array<int, 2> strides = {static_cast<int>(picture.stride(0)), static_cast<int>(picture.stride(1))};
  const stdx::dextents<int, 2> size(picture.extent(0), picture.extent(1));
  return Channel(&picture(0, 0, channel), stdx::layout_stride::mapping<stdx::dextents<int, 2>>(size, strides));
}

__global__ void smooth(Channel in, Plane out) {
  const int row = blockIdx.y * blockDim.y + threadIdx.y, column = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= in.extent(0) || column >= in.extent(1)) return;
  float sum = in(row, column);
  int count = 1;
  const auto add = [&](int r, int c) {
    if (r < 0 || c < 0 || r >= in.extent(0) || c >= in.extent(1)) return;
    sum += in(r, c);
    ++count;
  };
  add(row - 1, column);
  add(row + 1, column);
  add(row, column - 1);
  add(row, column + 1);
  out(row, column) = sum / count;
}

int split_smooth(const float* picture, float* planes, int height, int width) {
  const size_t bytes = sizeof(float) * 3 * height * width;
  float *in, *out;
  if (cudaMalloc(&in, bytes) != cudaSuccess || cudaMalloc(&out, bytes) != cudaSuccess) return 1;
  cudaMemcpy(in, picture, bytes, cudaMemcpyHostToDevice);
  const Pixels pixels(in, height, width);
  const dim3 block(16, 16), grid((width + 15) / 16, (height + 15) / 16);
  for (int channel = 0; channel < pixels.static_extent(2); ++channel)
    smooth<<<grid, block>>>(channel_of(pixels, channel), Plane(out + channel * height * width, height, width));
  if (cudaMemcpy(planes, out, bytes, cudaMemcpyDeviceToHost) != cudaSuccess) return 2;
  cudaFree(out);
  cudaFree(in);
  return 0;
}
