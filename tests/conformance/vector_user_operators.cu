// Point: a program's own operators on vector types mean what the program says.
// Rule: CUDA has no operators on float2 and float3, so that these are the only ones: here * is the complex product.
#include "check.h"

__host__ __device__ inline float2 operator*(float2 a, float2 b) {
    return make_float2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}
__host__ __device__ inline float3 operator+(float3 a, float3 b) { return make_float3(a.x + b.x, a.y + b.y, a.z + b.z); }
__host__ __device__ inline float3 operator*(float s, float3 a) { return make_float3(s * a.x, s * a.y, s * a.z); }

__global__ void compute(float* out) {
    int t = threadIdx.x;
    float2 product = make_float2(1, 2) * make_float2(3, float(t));
    float3 sum = make_float3(t, 1, 2) + 2.0f * make_float3(10, 20, t);
    out[t * 4] = product.x;
    out[t * 4 + 1] = product.y;
    out[t * 4 + 2] = sum.x + sum.y;
    out[t * 4 + 3] = sum.z;
}

int main() {
    Device<float> out(40);
    compute<<<1, 10>>>(out);
    std::vector<float> want(40);
    for (int t = 0; t < 10; t++) {
        want[t * 4] = 3.0f - 2 * t;
        want[t * 4 + 1] = t + 6.0f;
        want[t * 4 + 2] = t + 20.0f + 41;
        want[t * 4 + 3] = 2 + 2.0f * t;
    }
    expect_all("values", out.read(), want);
    return finish();
}
