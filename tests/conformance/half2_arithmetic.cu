// Point: half2 operations work on both parts; swapping, joining and splitting parts.
// Rule: .x is the low part; lows2half2 and highs2half2 join the parts of two vectors.
#include <cuda_fp16.h>
#include "check.h"

__global__ void pairs(const __half2* in, float* out) {
    int t = threadIdx.x;
    __half2 a = in[t], b = __floats2half2_rn(2.0f, -0.5f);
    __half2 sum = __hadd2(a, b), product = __hmul2(a, b), fused = __hfma2(a, b, a);
    __half2 swapped = __lowhigh2highlow(a), lows = __lows2half2(a, b), highs = __highs2half2(a, b);
    __half2 all[6] = {sum, product, fused, swapped, lows, highs};
    for (int i = 0; i < 6; i++) {
        out[(t * 6 + i) * 2] = __low2float(all[i]);
        out[(t * 6 + i) * 2 + 1] = __high2float(all[i]);
    }
}

__global__ void fill(__half2* values) {
    int t = threadIdx.x;
    values[t] = __halves2half2(__int2half_rn(t), __float2half(t * 0.25f - 1));
}

int main() {
    Device<__half2> values(16);
    Device<float> out(16 * 12);
    fill<<<1, 16>>>(values);
    pairs<<<1, 16>>>(values, out);
    std::vector<float> want;
    for (int t = 0; t < 16; t++) {
        float x = float(t), y = t * 0.25f - 1;  // small multiples of 1/8: all results are exact in half
        for (float one : {x + 2, y - 0.5f, x * 2, y * -0.5f, x * 2 + x, y * -0.5f + y, y, x, x, 2.0f, y, -0.5f})
            want.push_back(one);
    }
    expect_all("pairs", out.read(), want);
    return finish();
}
