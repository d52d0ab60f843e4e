#include "surface_life.h"

#include <hip/hip_runtime.h>

// Cells are 16 bits wide.
struct Field {
  Field(int width, int height) : bytes((size_t)width * height * sizeof(unsigned short)) {
    (void)hipMalloc(&cells, bytes);
  }
  ~Field() { (void)hipFree(cells); }
  Field(const Field &) = delete;

  size_t bytes;
  unsigned short *cells = nullptr;
};

__device__ __forceinline__ int cell(const unsigned short *field, int width, int height, int x, int y) {
  return x >= 0 && x < width && y >= 0 && y < height ? field[y * width + x] : 0;
}

__global__ void step(const unsigned short *from, unsigned short *to, int width, int height) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= width || y >= height) return;
  int around = 0;
  for (int v = -1; v <= 1; v++)
    for (int u = -1; u <= 1; u++)
      if (u || v) around += cell(from, width, height, x + u, y + v);
  unsigned short next = around == 3 || (around == 2 && cell(from, width, height, x, y));
  to[y * width + x] = next;
}

int live(unsigned char *cells, int width, int height, int generations) {
  Field a(width, height), b(width, height);
  unsigned short *wide = new unsigned short[(size_t)width * height];
  for (size_t i = 0; i < (size_t)width * height; i++) wide[i] = cells[i];
  (void)hipMemcpy(a.cells, wide, a.bytes, hipMemcpyHostToDevice);
  dim3 block(32, 8), grid((width + 31) / 32, (height + 7) / 8);
  Field *from = &a, *to = &b;
  for (int i = 0; i < generations; i++) {
    step<<<grid, block>>>(from->cells, to->cells, width, height);
    Field *other = from;
    from = to;
    to = other;
  }
  hipError_t status = hipGetLastError();
  if (status == hipSuccess) status = hipDeviceSynchronize();
  (void)hipMemcpy(wide, from->cells, from->bytes, hipMemcpyDeviceToHost);
  for (size_t i = 0; i < (size_t)width * height; i++) cells[i] = (unsigned char)wide[i];
  delete[] wide;
  return status;
}
