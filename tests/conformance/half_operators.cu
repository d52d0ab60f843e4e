// Point: C++ operators on half in device code.
// Rule: + - * / and the compound forms do what the intrinsics do; comparisons are IEEE's.
#include <cuda_fp16.h>
#include "check.h"

__global__ void operators(float* out, int* flags) {
    __half a = __float2half(1.5f), b = __float2half(0.25f);
    __half c = a + b;
    c -= __float2half(0.5f);
    c = c * a;
    out[0] = __half2float(c);          // (1.75 - 0.5) * 1.5
    out[1] = __half2float(a / b);
    out[2] = __half2float(-a);
    ++c;
    out[3] = __half2float(c);
    out[4] = float(a) + float(b);
    out[5] = __half2float(__half(3.0f)) + __half2float(__half(2));
    flags[0] = a > b;
    flags[1] = a == b;
    flags[2] = a != b;
    flags[3] = __hlt(a, b);
    flags[4] = __hisnan(a);
    flags[5] = a <= a;
}

int main() {
    Device<float> out(6);
    Device<int> flags(6);
    operators<<<1, 1>>>(out, flags);
    expect_all("values", out.read(), {1.875f, 6.0f, -1.5f, 2.875f, 1.75f, 5.0f});
    expect_all("flags", flags.read(), {1, 0, 1, 0, 0, 1});
    return finish();
}
