#include "rcm_order.h"

#include <cuda_runtime.h>
#include <cusolverSp.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

// Row i of the permuted matrix; the result goes back to where its row came from.
__global__ void permuted_rows(const int* starts, const int* columns, const float* values, const int* order,
                              const float* x, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float sum = 0.0f;
  for (int e = starts[i]; e < starts[i + 1]; ++e) sum += values[e] * x[columns[e]];
  y[order[i]] = sum;
}

template <typename T>
static T* upload(const std::vector<T>& host) {
  T* device = nullptr;
  if (cudaMalloc((void**)&device, host.size() * sizeof(T)) != cudaSuccess) return nullptr;
  cudaMemcpy(device, host.data(), host.size() * sizeof(T), cudaMemcpyHostToDevice);
  return device;
}

int ordered_product(const Csr& a, const std::vector<float>& x, std::vector<float>& y, std::vector<int>& order,
                    int& bandwidth) {
  const int n = a.n, entries = static_cast<int>(a.columns.size());
  cusolverSpHandle_t handle;
  cusparseMatDescr_t pattern;
  if (cusolverSpCreate(&handle) != CUSOLVER_STATUS_SUCCESS) return 1;
  if (cusparseCreateMatDescr(&pattern) != CUSPARSE_STATUS_SUCCESS) return 1;
  order.resize(n);
  if (cusolverSpXcsrsymrcmHost(handle, n, entries, pattern, a.starts.data(), a.columns.data(), order.data()) !=
      CUSOLVER_STATUS_SUCCESS)
    return 2;

  std::vector<int> starts = a.starts, columns = a.columns, map(entries);
  std::iota(map.begin(), map.end(), 0);
  size_t bytes = 0;
  if (cusolverSpXcsrperm_bufferSizeHost(handle, n, n, entries, pattern, starts.data(), columns.data(), order.data(),
                                        order.data(), &bytes) != CUSOLVER_STATUS_SUCCESS)
    return 3;
  std::vector<char> work(bytes);
  if (cusolverSpXcsrpermHost(handle, n, n, entries, pattern, starts.data(), columns.data(), order.data(), order.data(),
                             map.data(), work.data()) != CUSOLVER_STATUS_SUCCESS)
    return 4;
  cusparseDestroyMatDescr(pattern);
  cusolverSpDestroy(handle);

  std::vector<float> values(entries), permuted(n);
  for (int e = 0; e < entries; ++e) values[e] = a.values[map[e]];
  for (int i = 0; i < n; ++i) permuted[i] = x[order[i]];
  bandwidth = 0;
  for (int i = 0; i < n; ++i)
    for (int e = starts[i]; e < starts[i + 1]; ++e) bandwidth = std::max(bandwidth, std::abs(i - columns[e]));

  int *dstarts = upload(starts), *dcolumns = upload(columns), *dorder = upload(order);
  float *dvalues = upload(values), *dx = upload(permuted), *dy = upload(permuted);
  if (!dstarts || !dcolumns || !dorder || !dvalues || !dx || !dy) return 5;
  permuted_rows<<<(n + 127) / 128, 128>>>(dstarts, dcolumns, dvalues, dorder, dx, dy, n);
  y.resize(n);
  if (cudaMemcpy(y.data(), dy, sizeof(float) * n, cudaMemcpyDeviceToHost) != cudaSuccess) return 6;
  for (float* each : {dvalues, dx, dy}) cudaFree(each);
  for (int* each : {dstarts, dcolumns, dorder}) cudaFree(each);
  return 0;
}
