// Point: half and half2 through shuffles of a warp of 32.
// Rule: the header's overloads move 16 and 32 bits like any other value.
#include <cuda_fp16.h>
#include "check.h"

__global__ void sums(float* out) {
    int t = threadIdx.x;
    __half one = __float2half(float(t % 32));
    __half2 two = __floats2half2_rn(1.0f, float(t / 32));
    for (int offset = 16; offset > 0; offset /= 2) {
        one = __hadd(one, __shfl_down_sync(0xffffffffu, one, offset));
        two = __hadd2(two, __shfl_xor_sync(0xffffffffu, two, offset));
    }
    if (t % 32 == 0) out[t / 32 * 3] = __half2float(one);
    if (t % 32 == 9) {
        out[t / 32 * 3 + 1] = __low2float(two);
        out[t / 32 * 3 + 2] = __high2float(two);
    }
}

int main() {
    Device<float> out(12);
    sums<<<1, 128>>>(out);
    expect_all("sums", out.read(), {496.0f, 32.0f, 0.0f, 496.0f, 32.0f, 32.0f, 496.0f, 32.0f, 64.0f, 496.0f, 32.0f, 96.0f});
    return finish();
}
