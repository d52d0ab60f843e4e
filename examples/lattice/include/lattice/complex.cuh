// float2 as a complex number.
#pragma once

#include <cuda_runtime.h>

namespace lattice {

__host__ __device__ __forceinline__ float2 operator+(const float2& a, const float2& b) {
  return make_float2(a.x + b.x, a.y + b.y);
}

__host__ __device__ __forceinline__ float2 operator*(const float2& a, const float2& b) {
  return make_float2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

__host__ __device__ __forceinline__ float2 operator*(float scale, const float2& a) {
  return make_float2(scale * a.x, scale * a.y);
}

__host__ __device__ __forceinline__ void operator+=(float2& a, const float2& b) { a = a + b; }

__host__ __device__ __forceinline__ float squared_length(const float2& a) { return a.x * a.x + a.y * a.y; }

// e^(i pi x)
__device__ __forceinline__ float2 unit_root(float x) {
  float2 root;
  sincospif(x, &root.y, &root.x);
  return root;
}

}  // namespace lattice
