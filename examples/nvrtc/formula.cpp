// Compiles a kernel at run time from a formula that the user types, and launches it through the driver API.
#include <cuda.h>
#include <nvrtc.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#define DRIVER(call)                                                    \
  do {                                                                  \
    CUresult result_ = (call);                                          \
    if (result_ != CUDA_SUCCESS) {                                      \
      const char* text_ = "unknown";                                    \
      cuGetErrorString(result_, &text_);                                \
      std::fprintf(stderr, "%s: %s\n", #call, text_);                   \
      std::exit(2);                                                     \
    }                                                                   \
  } while (0)

#define COMPILER(call)                                                              \
  do {                                                                              \
    nvrtcResult result_ = (call);                                                   \
    if (result_ != NVRTC_SUCCESS) {                                                 \
      std::fprintf(stderr, "%s: %s\n", #call, nvrtcGetErrorString(result_));        \
      std::exit(2);                                                                 \
    }                                                                               \
  } while (0)

// The formula stands for f(x); warps add what their lanes computed.
static const char* const kernel_source = R"cuda(
__device__ __forceinline__ float evaluate(float x) { return FORMULA; }

extern "C" __global__ void integrate(float from, float step, int count, float* partial) {
  const int index = blockIdx.x * blockDim.x + threadIdx.x;
  float value = index < count ? evaluate(from + (index + 0.5f) * step) * step : 0.0f;
#pragma unroll
  for (int offset = 16; offset > 0; offset >>= 1) value += __shfl_down_sync(0xffffffff, value, offset);
  if ((threadIdx.x & 31) == 0) partial[index / warpSize] = value;
}
)cuda";

static std::vector<char> compile(const std::string& formula, CUdevice device) {
  int major = 0, minor = 0;
  DRIVER(cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device));
  DRIVER(cuDeviceGetAttribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device));
  const std::string target = "--gpu-architecture=compute_" + std::to_string(major) + std::to_string(minor);
  const std::string macro = "-DFORMULA=" + formula;
  const char* options[] = {target.c_str(), macro.c_str(), "--std=c++14"};

  nvrtcProgram program;
  COMPILER(nvrtcCreateProgram(&program, kernel_source, "formula.cu", 0, nullptr, nullptr));
  const nvrtcResult result = nvrtcCompileProgram(program, 3, options);
  if (result != NVRTC_SUCCESS) {
    size_t size = 0;
    COMPILER(nvrtcGetProgramLogSize(program, &size));
    std::string log(size, '\0');
    COMPILER(nvrtcGetProgramLog(program, &log[0]));
    std::fprintf(stderr, "%s\n", log.c_str());
    std::exit(2);
  }
  size_t size = 0;
  COMPILER(nvrtcGetPTXSize(program, &size));
  std::vector<char> image(size);
  COMPILER(nvrtcGetPTX(program, image.data()));
  COMPILER(nvrtcDestroyProgram(&program));
  return image;
}

int main(int argc, char** argv) {
  const bool own = argc > 1;
  const std::string formula = own ? argv[1] : "(x*x*(3.0f-x))";
  int count = argc > 2 ? std::atoi(argv[2]) : 1000;
  if (count < 1) {
    std::fprintf(stderr, "usage: %s [formula of x [steps]]\n", argv[0]);
    return 2;
  }

  CUdevice device;
  CUcontext context;
  DRIVER(cuInit(0));
  DRIVER(cuDeviceGet(&device, 0));
  DRIVER(cuDevicePrimaryCtxRetain(&context, device));
  DRIVER(cuCtxSetCurrent(context));

  const std::vector<char> image = compile(formula, device);
  CUmodule module;
  CUfunction kernel;
  DRIVER(cuModuleLoadData(&module, image.data()));
  DRIVER(cuModuleGetFunction(&kernel, module, "integrate"));

  const unsigned threads = 128, blocks = (count + threads - 1) / threads, warps = blocks * threads / 32;
  float from = 0.0f, step = 2.0f / count;
  CUdeviceptr partial;
  DRIVER(cuMemAlloc(&partial, warps * sizeof(float)));
  void* arguments[] = {&from, &step, &count, &partial};
  DRIVER(cuLaunchKernel(kernel, blocks, 1, 1, threads, 1, 1, 0, nullptr, arguments, nullptr));
  DRIVER(cuCtxSynchronize());
  std::vector<float> host(warps);
  DRIVER(cuMemcpyDtoH(host.data(), partial, warps * sizeof(float)));
  DRIVER(cuMemFree(partial));
  DRIVER(cuModuleUnload(module));
  DRIVER(cuDevicePrimaryCtxRelease(device));

  double sum = 0;
  for (float each : host) sum += each;
  // The integral of x²(3 - x) from 0 to 2 is 4.
  const bool good = std::isfinite(sum) && (own || std::fabs(sum - 4.0) < 1e-3);
  std::printf("integral of %s from 0 to 2: %.5f: %s\n", formula.c_str(), sum, good ? "ok" : "WRONG");
  return good ? 0 : 1;
}
