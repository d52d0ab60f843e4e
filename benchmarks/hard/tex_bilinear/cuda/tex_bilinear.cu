#include "tex_bilinear.h"

#include "buffer.h"

struct Affine {
  float xx, xy, x1, yx, yy, y1;
};

__global__ void sample(cudaTextureObject_t picture, Affine m, float *out, int width, int height) {
  int u = blockIdx.x * blockDim.x + threadIdx.x, v = blockIdx.y * blockDim.y + threadIdx.y;
  if (u >= width || v >= height) return;
  float x = u + 0.5f, y = v + 0.5f;
  out[v * width + u] = tex2D<float>(picture, m.xx * x + m.xy * y + m.x1, m.yx * x + m.yy * y + m.y1);
}

int warp_picture(const float *in, int width, int height, const float *m, float *out, int outwidth, int outheight) {
  cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  cudaArray_t array;
  if (cudaError_t status = cudaMallocArray(&array, &format, width, height)) return status;
  size_t pitch = width * sizeof(float);
  if (cudaError_t status = cudaMemcpy2DToArray(array, 0, 0, in, pitch, pitch, height, cudaMemcpyHostToDevice)) return status;
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = array;
  cudaTextureDesc description = {};
  description.addressMode[0] = cudaAddressModeMirror;
  description.addressMode[1] = cudaAddressModeClamp;
  description.filterMode = cudaFilterModeLinear;
  description.readMode = cudaReadModeElementType;
  description.normalizedCoords = 1;
  cudaTextureObject_t picture;
  if (cudaError_t status = cudaCreateTextureObject(&picture, &resource, &description, nullptr)) return status;
  Buffer<float> d_out((size_t)outwidth * outheight);
  dim3 block(16, 16), grid((outwidth + 15) / 16, (outheight + 15) / 16);
  Affine affine = {m[0], m[1], m[2], m[3], m[4], m[5]};
  sample<<<grid, block>>>(picture, affine, d_out.data, outwidth, outheight);
  int status = finished();
  d_out.read(out);
  cudaDestroyTextureObject(picture);
  cudaFreeArray(array);
  return status;
}
