#include "rcm_order.h"

#include <hip/hip_runtime.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

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
  if (hipMalloc((void**)&device, host.size() * sizeof(T)) != hipSuccess) return nullptr;
  (void)hipMemcpy(device, host.data(), host.size() * sizeof(T), hipMemcpyHostToDevice);
  return device;
}

// Appends the unknowns that can be reached from `first`, level by level, those of fewer neighbours before others; gives
// the place where the last level begins.
static size_t by_levels(const Csr& a, int first, std::vector<char>& seen, std::vector<int>& order) {
  const auto degree = [&](int v) { return a.starts[v + 1] - a.starts[v]; };
  size_t level = order.size();
  order.push_back(first);
  seen[first] = 1;
  for (size_t from = level, end = order.size(); from < end; level = from, from = end, end = order.size())
    for (size_t i = from; i < end; ++i) {
      const size_t fresh = order.size();
      for (int e = a.starts[order[i]]; e < a.starts[order[i] + 1]; ++e)
        if (!std::exchange(seen[a.columns[e]], 1)) order.push_back(a.columns[e]);
      std::stable_sort(order.begin() + fresh, order.end(), [&](int p, int q) { return degree(p) < degree(q); });
    }
  return level;
}

// No library of AMD's has this order. Each part of the graph starts from an end of it: the last level as seen from any
// unknown, as long as going there makes more levels, is far out.
static std::vector<int> reverse_cuthill_mckee(const Csr& a) {
  std::vector<int> order;
  std::vector<char> done(a.n, 0);
  for (int any = 0; any < a.n; ++any) {
    if (done[any]) continue;
    int first = any;
    for (int walk = 0; walk < 4; ++walk) {
      std::vector<char> seen = done;
      std::vector<int> reached;
      const size_t last = by_levels(a, first, seen, reached);
      first = *std::min_element(reached.begin() + last, reached.end(), [&](int p, int q) {
        return a.starts[p + 1] - a.starts[p] < a.starts[q + 1] - a.starts[q];
      });
    }
    by_levels(a, first, done, order);
  }
  std::reverse(order.begin(), order.end());
  return order;
}

int ordered_product(const Csr& a, const std::vector<float>& x, std::vector<float>& y, std::vector<int>& order,
                    int& bandwidth) {
  const int n = a.n;
  order = reverse_cuthill_mckee(a);
  std::vector<int> place(n), starts = {0}, columns;
  std::vector<float> values, permuted(n);
  for (int i = 0; i < n; ++i) place[order[i]] = i;
  bandwidth = 0;
  for (int i = 0; i < n; ++i) {
    std::vector<std::pair<int, float>> row;
    for (int e = a.starts[order[i]]; e < a.starts[order[i] + 1]; ++e)
      row.emplace_back(place[a.columns[e]], a.values[e]);
    std::sort(row.begin(), row.end());
    for (const auto& [column, value] : row) {
      columns.push_back(column);
      values.push_back(value);
      bandwidth = std::max(bandwidth, std::abs(i - column));
    }
    starts.push_back(static_cast<int>(columns.size()));
    permuted[i] = x[order[i]];
  }

  int *dstarts = upload(starts), *dcolumns = upload(columns), *dorder = upload(order);
  float *dvalues = upload(values), *dx = upload(permuted), *dy = upload(permuted);
  if (!dstarts || !dcolumns || !dorder || !dvalues || !dx || !dy) return 5;
  permuted_rows<<<(n + 127) / 128, 128>>>(dstarts, dcolumns, dvalues, dorder, dx, dy, n);
  y.resize(n);
  if (hipMemcpy(y.data(), dy, sizeof(float) * n, hipMemcpyDeviceToHost) != hipSuccess) return 6;
  for (float* each : {dvalues, dx, dy}) (void)hipFree(each);
  for (int* each : {dstarts, dcolumns, dorder}) (void)hipFree(each);
  return 0;
}
