// Random numbers from the host's generator and from one state per thread: the same seed gives the same numbers, and
// their mean and spread are those of the distribution.
#include <curand_kernel.h>

#include <cmath>
#include <vector>

#include "checks.h"

__global__ void draw(float* out, int n, unsigned long long seed) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  curandStatePhilox4_32_10_t state;
  curand_init(seed, i, 0, &state);
  const float4 four = curand_uniform4(&state);
  out[i] = 0.25f * (four.x + four.y + four.z + four.w);
}

static std::vector<float> device_draw(int n, unsigned long long seed) {
  float* device;
  std::vector<float> host(n);
  MUST(cudaMalloc(&device, n * sizeof(float)));
  draw<<<(n + 127) / 128, 128>>>(device, n, seed);
  MUST(cudaMemcpy(host.data(), device, n * sizeof(float), cudaMemcpyDeviceToHost));
  MUST(cudaFree(device));
  return host;
}

static std::vector<float> host_draw(int n, unsigned long long seed) {
  curandGenerator_t generator;
  float* device;
  std::vector<float> host(n);
  MUST(cudaMalloc(&device, n * sizeof(float)));
  MUST(curandCreateGenerator(&generator, CURAND_RNG_PSEUDO_PHILOX4_32_10));
  MUST(curandSetPseudoRandomGeneratorSeed(generator, seed));
  MUST(curandGenerateUniform(generator, device, n));
  MUST(curandDestroyGenerator(generator));
  MUST(cudaMemcpy(host.data(), device, n * sizeof(float), cudaMemcpyDeviceToHost));
  MUST(cudaFree(device));
  return host;
}

static bool plausible(const std::vector<float>& values, double variance) {
  double sum = 0, squares = 0;
  for (float value : values) {
    if (!(value > 0.0f && value <= 1.0f)) return false;
    sum += value;
    squares += (value - 0.5) * (value - 0.5);
  }
  // Five standard deviations of the mean; the spread within a third.
  const double n = static_cast<double>(values.size());
  return std::fabs(sum / n - 0.5) < 5 * std::sqrt(variance / n) && std::fabs(squares / n / variance - 1) < 1.0 / 3;
}

bool check_random(int n) {
  n *= 16;
  const std::vector<float> one = device_draw(n, 7), again = device_draw(n, 7), other = device_draw(n, 8);
  const std::vector<float> host = host_draw(n, 7);
  const bool good = one == again && one != other && host == host_draw(n, 7) && plausible(one, 1.0 / 48) && plausible(host, 1.0 / 12);
  std::printf("%d random numbers: %s\n", n, good ? "ok" : "WRONG");
  return good;
}
