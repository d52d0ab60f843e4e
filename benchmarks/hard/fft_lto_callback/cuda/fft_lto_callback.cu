#include "fft_lto_callback.h"

#include <cuda_runtime.h>
#include <cufftXt.h>
#include <nvrtc.h>

#include <vector>

#include "window_source.h"

struct Window {
  int length;
  float scale;
};

__global__ void squares(const cufftComplex* bins, float* power, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) power[i] = bins[i].x * bins[i].x + bins[i].y * bins[i].y;
}

static int compile(std::vector<char>& ir) {
  nvrtcProgram program;
  if (nvrtcCreateProgram(&program, window_source, "window.cu", 0, nullptr, nullptr) != NVRTC_SUCCESS) return 1;
  const char* options[] = {"-dlto", "--relocatable-device-code=true", "-arch=compute_80"};
  if (nvrtcCompileProgram(program, 3, options) != NVRTC_SUCCESS) return 1;
  size_t size = 0;
  if (nvrtcGetLTOIRSize(program, &size) != NVRTC_SUCCESS) return 1;
  ir.resize(size);
  if (nvrtcGetLTOIR(program, ir.data()) != NVRTC_SUCCESS) return 1;
  return nvrtcDestroyProgram(&program) == NVRTC_SUCCESS ? 0 : 1;
}

int spectrum(const int16_t* samples, int n, int batch, float* power) {
  const int bins = n / 2 + 1;
  int16_t* din;
  cufftComplex* dbins;
  float* dpower;
  Window *window, host = {n, 1.0f / 32768};
  if (cudaMalloc(&din, sizeof(int16_t) * n * batch) || cudaMalloc(&dbins, sizeof(cufftComplex) * bins * batch) ||
      cudaMalloc(&dpower, sizeof(float) * bins * batch) || cudaMalloc(&window, sizeof(Window)))
    return 1;
  cudaMemcpy(din, samples, sizeof(int16_t) * n * batch, cudaMemcpyHostToDevice);
  cudaMemcpy(window, &host, sizeof host, cudaMemcpyHostToDevice);

  std::vector<char> ir;
  if (compile(ir)) return 2;
  cufftHandle plan;
  size_t work = 0;
  if (cufftCreate(&plan) != CUFFT_SUCCESS) return 3;
  if (cufftXtSetJITCallback(plan, "load_sample", ir.data(), ir.size(), CUFFT_CB_LD_REAL, (void**)&window) !=
      CUFFT_SUCCESS)
    return 4;
  if (cufftMakePlan1d(plan, n, CUFFT_R2C, batch, &work) != CUFFT_SUCCESS) return 5;
  // The plan's input is what the callback reads, not floats.
  if (cufftExecR2C(plan, reinterpret_cast<cufftReal*>(din), dbins) != CUFFT_SUCCESS) return 6;
  squares<<<(bins * batch + 127) / 128, 128>>>(dbins, dpower, bins * batch);
  cudaMemcpy(power, dpower, sizeof(float) * bins * batch, cudaMemcpyDeviceToHost);

  cufftDestroy(plan);
  cudaFree(window);
  cudaFree(dpower);
  cudaFree(dbins);
  cudaFree(din);
  return 0;
}
