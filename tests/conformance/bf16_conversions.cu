// Point: float to bfloat16 and back.
// Rule: bfloat16 is float's upper half: 8 significant bits, same exponents; _rn rounds to nearest even.
#include <cuda_bf16.h>
#include "check.h"

__global__ void convert(const float* in, float* out) {
    int t = threadIdx.x;
    out[t * 2] = __bfloat162float(__float2bfloat16(in[t]));
    __nv_bfloat162 two = __floats2bfloat162_rn(in[t], -in[t]);
    out[t * 2 + 1] = __high2float(two) + 2 * __low2float(two);
}

float to_bf16(float x) {
    unsigned bits;
    std::memcpy(&bits, &x, 4);
    bits += 0x7fff + (bits >> 16 & 1);  // nearest even on the lower 16 bits
    bits &= 0xffff0000u;
    std::memcpy(&x, &bits, 4);
    return x;
}

int main() {
    std::vector<float> values = {0, 1, 1.00390625f, 1.01171875f, 3.14159f, -0.1f, 1e30f, -1e-30f, 65504, 257, 259, 0.333f};
    std::vector<float> want;
    for (float x : values) {
        want.push_back(to_bf16(x));
        want.push_back(to_bf16(x));  // 2 x - x
    }
    Device<float> in(values), out(want.size());
    convert<<<1, int(values.size())>>>(in, out);
    expect_all("bfloat16", out.read(), want);
    return finish();
}
