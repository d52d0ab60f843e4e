// Point: float to the two 8-bit formats e4m3 and e5m2, and back.
// Rule: e4m3 has 4 significant bits, 448 as its largest and saturates there; e5m2 has 3 significant bits, largest 57344.
// Only: cuda gfx1100 - gfx942 computes with other 8-bit formats (no infinities, another bias).
#include <cuda_fp8.h>
#include "check.h"

__global__ void convert(const float* in, float* out) {
    int t = threadIdx.x;
    __nv_fp8_e4m3 a(in[t]);
    __nv_fp8_e5m2 b(in[t]);
    out[t * 2] = float(a);
    out[t * 2 + 1] = float(b);
}

float rounded(double x, int bits, int least, double largest) {
    if (x == 0) return 0;
    int exponent = std::ilogb(x) < least ? least : std::ilogb(x);
    double unit = std::ldexp(1.0, exponent - bits), value = std::nearbyint(x / unit) * unit;
    return float(value > largest ? largest : value < -largest ? -largest : value);
}

int main() {
    std::vector<float> values, want;
    for (int t = 0; t < 60; t++) values.push_back((t % 2 ? -1 : 1) * 0.01f * float(t * t) + 0.003f * t);
    for (float x : {448.0f, 460.0f, 1000.0f, -5000.0f, 57344.0f, 1e6f, 0.001953125f, 0.0009f}) values.push_back(x);
    for (float x : values) {
        want.push_back(rounded(x, 3, -6, 448));
        want.push_back(rounded(x, 2, -14, 57344));
    }
    Device<float> in(values), out(want.size());
    convert<<<1, int(values.size())>>>(in, out);
    std::vector<float> got = out.read();
    for (float& one : got) one += 0.0f;
    for (float& one : want) one += 0.0f;
    expect_all("fp8", got, want);
    return finish();
}
