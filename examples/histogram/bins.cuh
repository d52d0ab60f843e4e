#pragma once

constexpr int MAX_BINS = 256;

struct Scale {
  float factor;
  float offset;
};

// Dynamic shared memory has one untyped name per type: a template cannot declare it twice with different types.
template <typename T>
struct SharedBins;

template <>
struct SharedBins<int> {
  static __device__ int* get() {
    extern __shared__ int bins_of_int[];
    return bins_of_int;
  }
};

template <>
struct SharedBins<float> {
  static __device__ float* get() {
    extern __shared__ float bins_of_float[];
    return bins_of_float;
  }
};

// What one sample adds to its bin. Halves are exact, so sums do not depend on their order.
template <typename Weight>
__host__ __device__ inline Weight weight_of(int) {
  return 1;
}

template <>
__host__ __device__ inline float weight_of<float>(int bin) {
  return 0.5f + 0.5f * (bin % 3);
}
