// Point: float to integer conversion intrinsics out of range.
// Rule: values beyond the range of the integer give its nearest end; NaN gives 0 for 32 bits.
#include "check.h"

__global__ void convert(const float* in, int* out, unsigned* bits) {
    int t = threadIdx.x;
    out[t] = __float2int_rz(in[t]);
    bits[t] = __float2uint_rz(in[t]);
}

int main() {
    Device<float> in(std::vector<float>{3e9f, -3e9f, 1e30f, -1e30f, INFINITY, -INFINITY, NAN, 5e9f});
    Device<int> out(8);
    Device<unsigned> bits(8);
    convert<<<1, 8>>>(in, out, bits);
    int high = 2147483647, low = -2147483647 - 1;
    expect_all("int", out.read(), {high, low, high, low, high, low, 0, high});
    expect_all("unsigned", bits.read(), {3000000000u, 0u, ~0u, 0u, ~0u, 0u, 0u, ~0u});
    return finish();
}
