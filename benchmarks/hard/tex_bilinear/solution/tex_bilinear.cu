#include <hip/hip_runtime.h>
#include "tex_bilinear.h"

#include "buffer.h"

struct Affine {
  float xx, xy, x1, yx, yy, y1;
};

struct Picture {
  const float *pixels;
  int width, height;

  // Pixel (i, j), mirrored across and clamped down.
  __device__ float at(int i, int j) const {
    int period = 2 * width;
    i = (i % period + period) % period;
    if (i >= width) i = period - 1 - i;
    return pixels[(size_t)min(max(j, 0), height - 1) * width + i];
  }

  // The value at a place in units of the whole picture, interpolated between the centres of pixels.
  __device__ float linear(float x, float y) const {
    x = x * width - 0.5f;
    y = y * height - 0.5f;
    float i = floorf(x), j = floorf(y), a = x - i, b = y - j;
    float upper = (1 - a) * at((int)i, (int)j) + a * at((int)i + 1, (int)j);
    float lower = (1 - a) * at((int)i, (int)j + 1) + a * at((int)i + 1, (int)j + 1);
    return (1 - b) * upper + b * lower;
  }
};

__global__ void sample(Picture picture, Affine m, float *out, int width, int height) {
  int u = blockIdx.x * blockDim.x + threadIdx.x, v = blockIdx.y * blockDim.y + threadIdx.y;
  if (u >= width || v >= height) return;
  float x = u + 0.5f, y = v + 0.5f;
  out[v * width + u] = picture.linear(m.xx * x + m.xy * y + m.x1, m.yx * x + m.yy * y + m.y1);
}

int warp_picture(const float *in, int width, int height, const float *m, float *out, int outwidth, int outheight) {
  Buffer<float> d_in(in, (size_t)width * height);
  Buffer<float> d_out((size_t)outwidth * outheight);
  dim3 block(16, 16), grid((outwidth + 15) / 16, (outheight + 15) / 16);
  Affine affine = {m[0], m[1], m[2], m[3], m[4], m[5]};
  sample<<<grid, block>>>(Picture{d_in.data, width, height}, affine, d_out.data, outwidth, outheight);
  int status = finished();
  d_out.read(out);
  return status;
}
