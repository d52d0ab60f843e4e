// CUB over the device and inside a block, and Thrust.
#include <cub/cub.cuh>
#include <thrust/device_vector.h>
#include <thrust/functional.h>
#include <thrust/host_vector.h>
#include <thrust/reduce.h>
#include <thrust/sort.h>
#include <thrust/transform.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "checks.h"

constexpr int THREADS = 64;

template <int BLOCK_THREADS>
__global__ void block_sums(const int* values, int n, int* sums) {
  using Reduce = cub::BlockReduce<int, BLOCK_THREADS>;
  __shared__ typename Reduce::TempStorage storage;
  const int i = blockIdx.x * BLOCK_THREADS + threadIdx.x;
  const int sum = Reduce(storage).Sum(i < n ? values[i] : 0);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

bool check_scan(int n) {
  std::vector<int> values(n), scanned(n), sums((n + THREADS - 1) / THREADS);
  for (int i = 0; i < n; ++i) values[i] = (i * 31) % 17 - 5;
  int *d_values, *d_scanned, *d_sums;
  MUST(cudaMalloc(&d_values, n * sizeof(int)));
  MUST(cudaMalloc(&d_scanned, n * sizeof(int)));
  MUST(cudaMalloc(&d_sums, sums.size() * sizeof(int)));
  MUST(cudaMemcpy(d_values, values.data(), n * sizeof(int), cudaMemcpyHostToDevice));

  void* storage = nullptr;
  size_t bytes = 0;
  MUST(cub::DeviceScan::ExclusiveSum(storage, bytes, d_values, d_scanned, n));
  MUST(cudaMalloc(&storage, bytes));
  MUST(cub::DeviceScan::ExclusiveSum(storage, bytes, d_values, d_scanned, n));
  block_sums<THREADS><<<static_cast<int>(sums.size()), THREADS>>>(d_values, n, d_sums);
  MUST(cudaMemcpy(scanned.data(), d_scanned, n * sizeof(int), cudaMemcpyDeviceToHost));
  MUST(cudaMemcpy(sums.data(), d_sums, sums.size() * sizeof(int), cudaMemcpyDeviceToHost));
  for (void* each : {static_cast<void*>(d_values), static_cast<void*>(d_scanned), static_cast<void*>(d_sums), storage})
    MUST(cudaFree(each));

  bool good = true;
  int running = 0;
  for (int i = 0; i < n; ++i) {
    good = good && scanned[i] == running;
    running += values[i];
  }
  good = good && std::accumulate(sums.begin(), sums.end(), 0) == running;
  std::printf("scan of %d: %s\n", n, good ? "ok" : "WRONG");
  return good;
}

struct Halve {
  __host__ __device__ int operator()(int value) const { return value / 2; }
};

bool check_sort(int n) {
  thrust::host_vector<int> keys(n);
  for (int i = 0; i < n; ++i) keys[i] = (i * 7919) % 1009;
  thrust::device_vector<int> device = keys;
  thrust::sort(device.begin(), device.end(), thrust::greater<int>());
  thrust::transform(thrust::device, device.begin(), device.end(), device.begin(), Halve());
  const int sum = thrust::reduce(device.begin(), device.end(), 0, thrust::plus<int>());
  thrust::host_vector<int> result = device;

  std::sort(keys.begin(), keys.end(), [](int a, int b) { return a > b; });
  int expected = 0;
  bool good = true;
  for (int i = 0; i < n; ++i) {
    good = good && result[i] == keys[i] / 2;
    expected += keys[i] / 2;
  }
  good = good && sum == expected;
  std::printf("sort of %d: %s\n", n, good ? "ok" : "WRONG");
  return good;
}
