#include "cube_map.h"

#include "buffer.h"

__global__ void look(cudaTextureObject_t map, const float *directions, int n, float *light) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) light[i] = texCubemap<float>(map, directions[3 * i], directions[3 * i + 1], directions[3 * i + 2]);
}

int look_up(const float *map, int size, const float *directions, int n, float *light) {
  cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  cudaExtent extent = make_cudaExtent(size, size, 6);
  cudaArray_t faces;
  if (cudaError_t status = cudaMalloc3DArray(&faces, &format, extent, cudaArrayCubemap)) return status;
  cudaMemcpy3DParms copy = {};
  copy.srcPtr = make_cudaPitchedPtr(const_cast<float *>(map), size * sizeof(float), size, size);
  copy.dstArray = faces;
  copy.extent = extent;
  copy.kind = cudaMemcpyHostToDevice;
  if (cudaError_t status = cudaMemcpy3D(&copy)) return status;
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = faces;
  cudaTextureDesc description = {};
  for (int i = 0; i < 3; i++) description.addressMode[i] = cudaAddressModeClamp;
  description.filterMode = cudaFilterModePoint;
  description.readMode = cudaReadModeElementType;
  description.normalizedCoords = 1;
  cudaTextureObject_t texture;
  if (cudaError_t status = cudaCreateTextureObject(&texture, &resource, &description, nullptr)) return status;
  Buffer<float> d_directions(directions, (size_t)n * 3), d_light(n);
  look<<<(n + 127) / 128, 128>>>(texture, d_directions.data, n, d_light.data);
  int status = finished();
  d_light.read(light);
  cudaDestroyTextureObject(texture);
  cudaFreeArray(faces);
  return status;
}
