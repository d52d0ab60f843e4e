#include "module_file.h"

#include <cuda.h>
#include <cuda_runtime.h>

int filter_signal(const char* name, const float* weights, int radius, const float* in, float* out, int n) {
  if (cudaFree(nullptr) != cudaSuccess) return 1;  // makes the context
  CUmodule module;
  if (cuModuleLoad(&module, "filters.ptx") != CUDA_SUCCESS) return 2;
  CUfunction kernel;
  if (cuModuleGetFunction(&kernel, module, name) != CUDA_SUCCESS) return -1;
  if (weights) {
    CUdeviceptr place;
    size_t bytes = 0;
    if (cuModuleGetGlobal(&place, &bytes, module, "weights") != CUDA_SUCCESS) return 3;
    if (cuMemcpyHtoD(place, weights, sizeof(float) * (2 * radius + 1)) != CUDA_SUCCESS) return 4;
  }
  float *din, *dout;
  if (cudaMalloc(&din, sizeof(float) * n) != cudaSuccess || cudaMalloc(&dout, sizeof(float) * n) != cudaSuccess) return 5;
  cudaMemcpy(din, in, sizeof(float) * n, cudaMemcpyHostToDevice);
  void* arguments[] = {&din, &dout, &n, &radius};
  if (cuLaunchKernel(kernel, (n + 127) / 128, 1, 1, 128, 1, 1, 0, nullptr, arguments, nullptr) != CUDA_SUCCESS) return 6;
  if (cudaMemcpy(out, dout, sizeof(float) * n, cudaMemcpyDeviceToHost) != cudaSuccess) return 7;
  cudaFree(dout);
  cudaFree(din);
  cuModuleUnload(module);
  return 0;
}
