// Point: atomicAdd on half and half2.
// Rule: half2 adds each part atomically by itself; small whole numbers are exact in half.
#include <cuda_fp16.h>
#include "check.h"

__global__ void add(__half* one, __half2* two) {
    atomicAdd(one, __float2half(1.0f));
    atomicAdd(two, __floats2half2_rn(2.0f, -0.5f));
}

__global__ void widen(const __half* one, const __half2* two, float* out) {
    out[0] = __half2float(*one);
    out[1] = __low2float(*two);
    out[2] = __high2float(*two);
}

int main() {
    Device<__half> one(2);
    Device<__half2> two(1);
    Device<float> out(3);
    add<<<3, 100>>>(one, two);
    widen<<<1, 1>>>(one, two, out);
    expect_all("half, half2", out.read(), {300.0f, 600.0f, -150.0f});
    return finish();
}
