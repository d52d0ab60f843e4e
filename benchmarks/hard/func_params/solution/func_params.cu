#include "func_params.h"

#include <hip/hip_runtime.h>

#include <cstring>

extern "C" {
__global__ void affine(float* x, int n, double a, double b) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] = static_cast<float>(a * x[i] + b);
}

__global__ void clip(float* x, int n, float low, float high) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) x[i] = fminf(fmaxf(x[i], low), high);
}

__global__ void power(float* x, int n, double base, short exponent) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  double result = base;
  for (int e = 0; e < exponent; ++e) result *= x[i];
  x[i] = static_cast<float>(result);
}
}

namespace {

struct Filter {
  const char* name;
  const void* kernel;
  const char* types;  // of the numbers: d, f, s
};

const Filter filters[] = {
    {"affine", (const void*)affine, "dd"}, {"clip", (const void*)clip, "ff"}, {"power", (const void*)power, "ds"}};

}  // namespace

int run_filter(const std::string& name, const std::vector<double>& numbers, std::vector<float>& data) {
  for (const Filter& filter : filters) {
    if (name != filter.name) continue;
    if (numbers.size() != std::strlen(filter.types)) return -2;
    const int n = static_cast<int>(data.size());
    float* device;
    if (hipMalloc(&device, n * sizeof(float)) != hipSuccess) return 1;
    (void)hipMemcpy(device, data.data(), n * sizeof(float), hipMemcpyHostToDevice);

    // HIP tells no offsets of parameters: hipLaunchKernel takes a pointer to each argument instead.
    double wide[2];
    float narrow[2];
    short whole[2];
    void* arguments[4] = {&device, const_cast<int*>(&n)};
    for (size_t i = 0; i < numbers.size(); ++i) {
      wide[i] = numbers[i];
      narrow[i] = static_cast<float>(numbers[i]);
      whole[i] = static_cast<short>(numbers[i]);
      const char type = filter.types[i];
      arguments[2 + i] = type == 'd' ? (void*)&wide[i] : type == 'f' ? (void*)&narrow[i] : (void*)&whole[i];
    }
    if (hipLaunchKernel(filter.kernel, dim3((n + 127) / 128), dim3(128), arguments, 0, nullptr) != hipSuccess) return 3;
    if (hipDeviceSynchronize() != hipSuccess) return 4;
    (void)hipMemcpy(data.data(), device, n * sizeof(float), hipMemcpyDeviceToHost);
    (void)hipFree(device);
    return 0;
  }
  return -1;
}
