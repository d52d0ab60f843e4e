#pragma once

#include <cuda_runtime.h>

#include <cstddef>

// Memory of the device that frees itself.
template <class T>
struct Buffer {
  explicit Buffer(size_t n) : count(n) { cudaMalloc(&data, (n + 1) * sizeof(T)); }
  Buffer(const T *host, size_t n) : Buffer(n) { cudaMemcpy(data, host, n * sizeof(T), cudaMemcpyHostToDevice); }
  Buffer(const Buffer &) = delete;
  ~Buffer() { cudaFree(data); }
  void read(T *host) const { cudaMemcpy(host, data, count * sizeof(T), cudaMemcpyDeviceToHost); }

  T *data = nullptr;
  size_t count;
};

// The first error of what was launched, 0 if there is none.
inline int finished() {
  cudaError_t status = cudaGetLastError();
  return status != cudaSuccess ? (int)status : (int)cudaDeviceSynchronize();
}
