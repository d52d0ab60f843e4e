#include "tensor_contraction.h"

#include <cuda_runtime.h>
#include <cutensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace {

struct Failed {};

void must(cutensorStatus_t status) {
  if (status != CUTENSOR_STATUS_SUCCESS) throw Failed{};
}

struct Tensor {
  std::vector<int32_t> modes;
  std::vector<int64_t> extents, strides;
  size_t count = 1;
  float* data = nullptr;
  cutensorTensorDescriptor_t descriptor = nullptr;

  // The modes from the slowest to the fastest, as C writes indices; cuTENSOR wants no order, only strides.
  Tensor(cutensorHandle_t handle, const std::string& names, const std::map<char, int64_t>& sizes, const float* from) {
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
      modes.push_back(*name);
      extents.push_back(sizes.at(*name));
      strides.push_back(static_cast<int64_t>(count));
      count *= sizes.at(*name);
    }
    if (cudaMalloc(&data, count * sizeof(float)) != cudaSuccess) throw Failed{};
    if (from) cudaMemcpy(data, from, count * sizeof(float), cudaMemcpyHostToDevice);
    must(cutensorCreateTensorDescriptor(handle, &descriptor, modes.size(), extents.data(), strides.data(),
                                        CUTENSOR_R_32F, 128));
  }
  ~Tensor() {
    cutensorDestroyTensorDescriptor(descriptor);
    cudaFree(data);
  }
};

}  // namespace

int contract(const Extents& e, float alpha, const float* a, const float* b, float beta, const float* c, float* d) try {
  const std::map<char, int64_t> sizes = {{'m', e.m}, {'n', e.n}, {'u', e.u}, {'v', e.v}, {'h', e.h}, {'k', e.k}};
  cutensorHandle_t handle;
  must(cutensorCreate(&handle));
  Tensor ta(handle, "mhkn", sizes, a), tb(handle, "ukvh", sizes, b), tc(handle, "munv", sizes, c);
  Tensor td(handle, "munv", sizes, nullptr);

  cutensorOperationDescriptor_t operation;
  must(cutensorCreateContraction(handle, &operation, ta.descriptor, ta.modes.data(), CUTENSOR_OP_IDENTITY, tb.descriptor,
                                 tb.modes.data(), CUTENSOR_OP_IDENTITY, tc.descriptor, tc.modes.data(),
                                 CUTENSOR_OP_IDENTITY, td.descriptor, td.modes.data(), CUTENSOR_COMPUTE_DESC_32F));
  cutensorPlanPreference_t preference;
  must(cutensorCreatePlanPreference(handle, &preference, CUTENSOR_ALGO_DEFAULT, CUTENSOR_JIT_MODE_NONE));
  uint64_t bytes = 0;
  must(cutensorEstimateWorkspaceSize(handle, operation, preference, CUTENSOR_WORKSPACE_DEFAULT, &bytes));
  cutensorPlan_t plan;
  must(cutensorCreatePlan(handle, &plan, operation, preference, bytes));
  void* work = nullptr;
  if (bytes && cudaMalloc(&work, bytes) != cudaSuccess) throw Failed{};
  must(cutensorContract(handle, plan, &alpha, ta.data, tb.data, &beta, tc.data, td.data, work, bytes, nullptr));
  if (cudaMemcpy(d, td.data, td.count * sizeof(float), cudaMemcpyDeviceToHost) != cudaSuccess) throw Failed{};
  cudaFree(work);
  cutensorDestroyPlan(plan);
  cutensorDestroyPlanPreference(preference);
  cutensorDestroyOperationDescriptor(operation);
  cutensorDestroy(handle);
  return 0;
} catch (const Failed&) {
  return 1;
}
