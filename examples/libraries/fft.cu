// A wave through cuFFT and back: its energy stands in two bins, and the way back scales by the length.
#include <algorithm>
#include <cmath>
#include <vector>

#include "checks.h"

__global__ void make_wave(cufftComplex* signal, int n, int frequency) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  signal[i].x = cospif(2.0f * frequency * i / n);
  signal[i].y = 0.0f;
}

bool check_fft(int n) {
  const int frequency = 3;
  cufftComplex* signal;
  MUST(cudaMalloc(&signal, n * sizeof(cufftComplex)));
  make_wave<<<(n + 63) / 64, 64>>>(signal, n, frequency);
  MUST(cudaGetLastError());

  cufftHandle plan;
  std::vector<cufftComplex> spectrum(n), back(n);
  MUST(cufftPlan1d(&plan, n, CUFFT_C2C, 1));
  MUST(cufftExecC2C(plan, signal, signal, CUFFT_FORWARD));
  MUST(cudaMemcpy(spectrum.data(), signal, n * sizeof(cufftComplex), cudaMemcpyDeviceToHost));
  MUST(cufftExecC2C(plan, signal, signal, CUFFT_INVERSE));
  MUST(cudaMemcpy(back.data(), signal, n * sizeof(cufftComplex), cudaMemcpyDeviceToHost));
  MUST(cufftDestroy(plan));
  MUST(cudaFree(signal));

  float error = 0;
  for (int i = 0; i < n; ++i) {
    const float expected = i == frequency || i == n - frequency ? n / 2.0f : 0.0f;
    error = std::max(error, std::fabs(spectrum[i].x - expected) / n + std::fabs(spectrum[i].y) / n);
    const double wave = std::cos(2.0 * 3.14159265358979323846 * frequency * i / n);
    error = std::max(error, std::fabs(back[i].x / n - static_cast<float>(wave)));
  }
  std::printf("fft of %d: error %.1e: %s\n", n, error, error < 1e-4f ? "ok" : "WRONG");
  return error < 1e-4f;
}
