#include "gemm_grouped.h"

#include <hip/hip_runtime.h>
#include <hipblas/hipblas.h>

namespace {

__global__ void rectify(float* c, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = fmaxf(c[i], 0.0f);
}

template <typename T>
T* upload(const std::vector<T>& host) {
  T* device = nullptr;
  if (hipMalloc(&device, host.size() * sizeof(T)) != hipSuccess) return nullptr;
  if (hipMemcpy(device, host.data(), host.size() * sizeof(T), hipMemcpyHostToDevice) != hipSuccess) return nullptr;
  return device;
}

}  // namespace

int multiply_experts(const std::vector<Expert>& experts, const std::vector<float>& a, const std::vector<float>& b,
                     std::vector<float>& c) {
  float* da = upload(a);
  float* db = upload(b);
  float* dc = upload(c);
  if (!da || !db || !dc) return 1;

  std::vector<float*> left, right, out;
  float *nextA = da, *nextB = db, *nextC = dc;
  for (const Expert& expert : experts)
    for (int i = 0; i < expert.count; ++i) {
      left.push_back(nextB);
      right.push_back(nextA);
      out.push_back(nextC);
      nextA += expert.rows * expert.inner;
      nextB += expert.inner * expert.columns;
      nextC += expert.rows * expert.columns;
    }
  float** dleft = upload(left);
  float** dright = upload(right);
  float** dout = upload(out);
  if (!dleft || !dright || !dout) return 1;

  hipblasHandle_t handle;
  if (hipblasCreate(&handle) != HIPBLAS_STATUS_SUCCESS) return 2;
  // Row-major C = A * B is column-major C' = B' * A': the operands change places and nothing is transposed.
  int first = 0;
  for (const Expert& e : experts) {
    if (hipblasSgemmBatched(handle, HIPBLAS_OP_N, HIPBLAS_OP_N, e.columns, e.rows, e.inner, &e.scale, dleft + first,
                            e.columns, dright + first, e.inner, &e.keep, dout + first, e.columns,
                            e.count) != HIPBLAS_STATUS_SUCCESS)
      return 3;
    first += e.count;
  }
  const int total = static_cast<int>(c.size());
  rectify<<<(total + 255) / 256, 256>>>(dc, total);
  if (hipDeviceSynchronize() != hipSuccess) return 4;
  (void)hipMemcpy(c.data(), dc, c.size() * sizeof(float), hipMemcpyDeviceToHost);

  (void)hipblasDestroy(handle);
  (void)hipFree(dout);
  (void)hipFree(dright);
  (void)hipFree(dleft);
  (void)hipFree(dc);
  (void)hipFree(db);
  (void)hipFree(da);
  return 0;
}
