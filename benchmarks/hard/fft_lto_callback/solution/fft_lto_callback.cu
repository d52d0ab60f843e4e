#include "fft_lto_callback.h"

#include <hip/hip_runtime.h>
#include <hipfft/hipfft.h>

// hipFFT can't link a callback into a plan: this runs before the transform.
__global__ void load_samples(const int16_t* samples, float* values, int n, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const float at = static_cast<float>(i % n) / n;
  values[i] = samples[i] * (1.0f / 32768) * (0.5f - 0.5f * cospif(2.0f * at));
}

__global__ void squares(const hipfftComplex* bins, float* power, int count) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) power[i] = bins[i].x * bins[i].x + bins[i].y * bins[i].y;
}

int spectrum(const int16_t* samples, int n, int batch, float* power) {
  const int bins = n / 2 + 1, count = n * batch;
  int16_t* din;
  float *values, *dpower;
  hipfftComplex* dbins;
  if (hipMalloc(&din, sizeof(int16_t) * count) != hipSuccess || hipMalloc(&values, sizeof(float) * count) != hipSuccess ||
      hipMalloc(&dbins, sizeof(hipfftComplex) * bins * batch) != hipSuccess ||
      hipMalloc(&dpower, sizeof(float) * bins * batch) != hipSuccess)
    return 1;
  (void)hipMemcpy(din, samples, sizeof(int16_t) * count, hipMemcpyHostToDevice);
  load_samples<<<(count + 127) / 128, 128>>>(din, values, n, count);

  hipfftHandle plan;
  if (hipfftPlan1d(&plan, n, HIPFFT_R2C, batch) != HIPFFT_SUCCESS) return 5;
  if (hipfftExecR2C(plan, values, dbins) != HIPFFT_SUCCESS) return 6;
  squares<<<(bins * batch + 127) / 128, 128>>>(dbins, dpower, bins * batch);
  if (hipMemcpy(power, dpower, sizeof(float) * bins * batch, hipMemcpyDeviceToHost) != hipSuccess) return 7;

  (void)hipfftDestroy(plan);
  (void)hipFree(dpower);
  (void)hipFree(dbins);
  (void)hipFree(values);
  (void)hipFree(din);
  return 0;
}
