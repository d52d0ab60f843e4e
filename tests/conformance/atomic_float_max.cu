// Point: maximum and minimum of floats through integer atomics.
// Rule: non-negative floats order as their bits do as int, negative ones in reverse as unsigned.
#include "check.h"

__device__ void max_of(float* address, float value) {
    if (value >= 0) atomicMax(reinterpret_cast<int*>(address), __float_as_int(value));
    else atomicMin(reinterpret_cast<unsigned*>(address), __float_as_uint(value));
}

__device__ void min_of(float* address, float value) {
    if (value >= 0) atomicMin(reinterpret_cast<int*>(address), __float_as_int(value));
    else atomicMax(reinterpret_cast<unsigned*>(address), __float_as_uint(value));
}

__global__ void extremes(const float* in, float* out) {
    max_of(&out[0], in[threadIdx.x]);
    min_of(&out[1], in[threadIdx.x]);
    if (in[threadIdx.x] < 0) max_of(&out[2], in[threadIdx.x]);
}

int main() {
    std::vector<float> values(200);
    float high = -1e30f, low = 1e30f, high_negative = -1e30f;
    for (int t = 0; t < 200; t++) {
        values[t] = float((t * 61) % 199 - 99) * 0.37f;
        high = values[t] > high ? values[t] : high;
        low = values[t] < low ? values[t] : low;
        if (values[t] < 0 && values[t] > high_negative) high_negative = values[t];
    }
    Device<float> in(values), out(std::vector<float>{-1e30f, 1e30f, -1e30f});
    extremes<<<1, 200>>>(in, out);
    expect_all("max, min, max of negatives", out.read(), {high, low, high_negative});
    return finish();
}
