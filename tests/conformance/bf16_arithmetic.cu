// Point: bfloat16 addition, multiplication, fused multiply-add and comparisons.
// Rule: results are rounded once to 8 significant bits.
#include <cuda_bf16.h>
#include "check.h"

__global__ void arithmetic(const float* a, const float* b, float* out, int* flags) {
    int t = threadIdx.x;
    __nv_bfloat16 x = __float2bfloat16(a[t]), y = __float2bfloat16(b[t]);
    out[t * 5] = __bfloat162float(__hadd(x, y));
    out[t * 5 + 1] = __bfloat162float(__hsub(x, y));
    out[t * 5 + 2] = __bfloat162float(__hmul(x, y));
    out[t * 5 + 3] = __bfloat162float(__hfma(x, y, y));
    out[t * 5 + 4] = __bfloat162float(__hmax(x, y));
    flags[t] = __hgt(x, y) * 2 + __heq(x, y);
}

float to_bf16(double exact) {
    if (exact == 0) return 0;
    double unit = std::ldexp(1.0, std::ilogb(exact) - 7);
    return float(std::nearbyint(exact / unit) * unit);
}

int main() {
    std::vector<float> a(40), b(40), want(200);
    std::vector<int> want_flags(40);
    for (int t = 0; t < 40; t++) {
        float x = a[t] = to_bf16(1.0 + t * 0.171);
        float y = b[t] = t == 5 ? x : to_bf16((t % 2 ? -1 : 1) * (0.5 + t * 0.117));
        want[t * 5] = to_bf16(double(x) + y);
        want[t * 5 + 1] = to_bf16(double(x) - y);
        want[t * 5 + 2] = to_bf16(double(x) * y);
        want[t * 5 + 3] = to_bf16(double(x) * y + y);
        want[t * 5 + 4] = x > y ? x : y;
        want_flags[t] = (x > y) * 2 + (x == y);
    }
    Device<float> x(a), y(b), out(200);
    Device<int> flags(40);
    arithmetic<<<1, 40>>>(x, y, out, flags);
    expect_all("values", out.read(), want);
    expect_all("flags", flags.read(), want_flags);
    return finish();
}
