#include "surface_life.h"

#include <cuda_runtime.h>

// A surface over an array of its own. Cells are 16 bits wide, and surfaces are addressed in bytes.
struct Field {
  Field(int width, int height) {
    cudaChannelFormatDesc format = cudaCreateChannelDesc<unsigned short>();
    cudaMallocArray(&array, &format, width, height, cudaArraySurfaceLoadStore);
    cudaResourceDesc resource = {};
    resource.resType = cudaResourceTypeArray;
    resource.res.array.array = array;
    cudaCreateSurfaceObject(&surface, &resource);
  }
  ~Field() {
    cudaDestroySurfaceObject(surface);
    cudaFreeArray(array);
  }
  Field(const Field &) = delete;

  cudaArray_t array = nullptr;
  cudaSurfaceObject_t surface = 0;
};

__device__ __forceinline__ int cell(cudaSurfaceObject_t field, int x, int y) {
  return surf2Dread<unsigned short>(field, x * (int)sizeof(unsigned short), y, cudaBoundaryModeZero);
}

__global__ void step(cudaSurfaceObject_t from, cudaSurfaceObject_t to, int width, int height) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= width || y >= height) return;
  int around = 0;
  for (int v = -1; v <= 1; v++)
    for (int u = -1; u <= 1; u++)
      if (u || v) around += cell(from, x + u, y + v);
  unsigned short next = around == 3 || (around == 2 && cell(from, x, y));
  surf2Dwrite<unsigned short>(next, to, x * (int)sizeof(unsigned short), y, cudaBoundaryModeTrap);
}

int live(unsigned char *cells, int width, int height, int generations) {
  Field a(width, height), b(width, height);
  unsigned short *wide = new unsigned short[(size_t)width * height];
  for (size_t i = 0; i < (size_t)width * height; i++) wide[i] = cells[i];
  size_t pitch = width * sizeof(unsigned short);
  cudaMemcpy2DToArray(a.array, 0, 0, wide, pitch, pitch, height, cudaMemcpyHostToDevice);
  dim3 block(32, 8), grid((width + 31) / 32, (height + 7) / 8);
  Field *from = &a, *to = &b;
  for (int i = 0; i < generations; i++) {
    step<<<grid, block>>>(from->surface, to->surface, width, height);
    Field *other = from;
    from = to;
    to = other;
  }
  cudaError_t status = cudaGetLastError();
  if (status == cudaSuccess) status = cudaDeviceSynchronize();
  cudaMemcpy2DFromArray(wide, pitch, from->array, 0, 0, pitch, height, cudaMemcpyDeviceToHost);
  for (size_t i = 0; i < (size_t)width * height; i++) cells[i] = (unsigned char)wide[i];
  delete[] wide;
  return status;
}
