#include "embedded_ptx.h"

#include <cuda.h>
#include <nvPTXCompiler.h>

#include <cstdio>
#include <cstring>
#include <vector>

#include "hash_ptx.h"

#define CHECK(call) \
  if ((call) != CUDA_SUCCESS) return 1

// Machine code for this very device, without the driver's own compiler.
static int compile(CUdevice device, std::vector<char>& image) {
  int major = 0, minor = 0;
  CHECK(cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device));
  CHECK(cuDeviceGetAttribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device));
  char name[32];
  std::snprintf(name, sizeof name, "--gpu-name=sm_%d%d", major, minor);
  const char* options[] = {name, "--verbose"};
  nvPTXCompilerHandle compiler;
  if (nvPTXCompilerCreate(&compiler, std::strlen(hash_ptx), hash_ptx) != NVPTXCOMPILE_SUCCESS) return 1;
  if (nvPTXCompilerCompile(compiler, 2, options) != NVPTXCOMPILE_SUCCESS) return 1;
  size_t size = 0;
  if (nvPTXCompilerGetCompiledProgramSize(compiler, &size) != NVPTXCOMPILE_SUCCESS) return 1;
  image.resize(size);
  if (nvPTXCompilerGetCompiledProgram(compiler, image.data()) != NVPTXCOMPILE_SUCCESS) return 1;
  nvPTXCompilerDestroy(&compiler);
  return 0;
}

int hash_rows(const uint32_t* rows, int words, uint32_t seed, uint32_t* hashes, int n) {
  CHECK(cuInit(0));
  CUdevice device;
  CUcontext context;
  CHECK(cuDeviceGet(&device, 0));
  CHECK(cuDevicePrimaryCtxRetain(&context, device));
  CHECK(cuCtxSetCurrent(context));

  std::vector<char> image;
  if (compile(device, image)) return 2;
  CUmodule module;
  CHECK(cuModuleLoadData(&module, image.data()));
  CUfunction kernel;
  CHECK(cuModuleGetFunction(&kernel, module, "hash_rows_kernel"));

  CUdeviceptr drows, dhashes;
  CHECK(cuMemAlloc(&drows, sizeof(uint32_t) * n * words));
  CHECK(cuMemAlloc(&dhashes, sizeof(uint32_t) * n));
  CHECK(cuMemcpyHtoD(drows, rows, sizeof(uint32_t) * n * words));
  void* arguments[] = {&drows, &words, &seed, &dhashes, &n};
  CHECK(cuLaunchKernel(kernel, (n + 63) / 64, 1, 1, 64, 1, 1, 0, nullptr, arguments, nullptr));
  CHECK(cuMemcpyDtoH(hashes, dhashes, sizeof(uint32_t) * n));

  cuMemFree(dhashes);
  cuMemFree(drows);
  cuModuleUnload(module);
  cuDevicePrimaryCtxRelease(device);
  return 0;
}
