// Point: float to half with the four roundings, and back.
// Rule: half has 11 significant bits; _rn to nearest even, _rz to zero, _ru up, _rd down; beyond 65504 goes to infinity
// where the direction allows it.
#include <cuda_fp16.h>
#include "check.h"

__global__ void convert(const float* in, float* out) {
    int t = threadIdx.x;
    out[t * 4] = __half2float(__float2half_rn(in[t]));
    out[t * 4 + 1] = __half2float(__float2half_rz(in[t]));
    out[t * 4 + 2] = __half2float(__float2half_ru(in[t]));
    out[t * 4 + 3] = __half2float(__float2half_rd(in[t]));
}

// The halves on both sides of x, by the definition of the format: multiples of 2^(e-10), e at least -14.
void around(double x, double* down, double* up) {
    int exponent = x == 0 ? -14 : std::ilogb(x);
    double unit = std::ldexp(1.0, (exponent < -14 ? -14 : exponent) - 10);
    *down = std::floor(x / unit) * unit;
    *up = std::ceil(x / unit) * unit;
}

int main() {
    std::vector<float> values = {0.0f, 1.0f, 1.0009766f, 1.00048828125f, 1.00146484375f, 0.1f, -0.1f, 3.14159f, 2049.0f, 2051.0f,
                                 -2049.0f, 65504.0f, 1e-5f, 6e-8f, -1e-6f, 0.333333f, 1234.567f};
    std::vector<float> want;
    for (float value : values) {
        double x = value, down, up;
        around(x, &down, &up);
        double unit = up - down, near = x - down < up - x ? down : up;
        if (unit != 0 && x - down == up - x) near = std::fmod(down / unit, 2.0) == 0 ? down : up;
        for (double one : {near, x >= 0 ? down : up, up, down}) want.push_back(float(one));
    }
    for (float one : {INFINITY, 65504.0f, INFINITY, 65504.0f}) want.push_back(one);  // 70000 is beyond the largest
    values.push_back(70000.0f);
    Device<float> in(values), out(want.size());
    convert<<<1, int(values.size())>>>(in, out);
    std::vector<float> got = out.read();
    for (float& one : got) one += 0.0f;
    for (float& one : want) one += 0.0f;
    expect_all("halves", got, want);
    return finish();
}
