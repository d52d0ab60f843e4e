// Point: conversions by inline PTX.
// Rule: cvt to an integer saturates; .rni, .rmi, .rpi and .rzi name the rounding; .sat clamps to [0, 1]; integers are cut
// or extended by the types' signs.
#include "check.h"

__global__ void convert(const float* in, int* out, float* clamped) {
    int t = threadIdx.x, r;
    float x = in[t];
    asm("cvt.rni.s32.f32 %0, %1;" : "=r"(r) : "f"(x));
    out[t * 6] = r;
    asm("cvt.rmi.s32.f32 %0, %1;" : "=r"(r) : "f"(x));
    out[t * 6 + 1] = r;
    asm("cvt.rpi.s32.f32 %0, %1;" : "=r"(r) : "f"(x));
    out[t * 6 + 2] = r;
    asm("cvt.rzi.u32.f32 %0, %1;" : "=r"(r) : "f"(x));
    out[t * 6 + 3] = r;
    asm("cvt.s32.s8 %0, %1;" : "=r"(r) : "r"(t * 77));
    out[t * 6 + 4] = r;
    asm("cvt.sat.s8.s32 %0, %1;" : "=r"(r) : "r"(t * 77 - 400));
    out[t * 6 + 5] = (signed char)r;
    float y;
    asm("cvt.sat.f32.f32 %0, %1;" : "=f"(y) : "f"(x));
    clamped[t] = y;
}

int main() {
    std::vector<float> values = {0.5f, 1.5f, -2.5f, 2.7f, -0.3f, 1e10f, -1e10f, 0.25f, 7.0f, -7.6f};
    std::vector<int> want(60);
    std::vector<float> want_clamped(10);
    for (int t = 0; t < 10; t++) {
        double x = values[t];
        auto cut = [](double v, double low, double high) { return v < low ? low : v > high ? high : v; };
        double least = -2147483648.0, most = 2147483647.0;
        want[t * 6] = int(cut(std::nearbyint(x), least, most));
        want[t * 6 + 1] = int(cut(std::floor(x), least, most));
        want[t * 6 + 2] = int(cut(std::ceil(x), least, most));
        want[t * 6 + 3] = int(unsigned(cut(std::trunc(x), 0, 4294967295.0)));
        want[t * 6 + 4] = (signed char)(t * 77);
        want[t * 6 + 5] = int(cut(t * 77 - 400, -128, 127));
        want_clamped[t] = float(cut(x, 0, 1));
    }
    Device<float> in(values), clamped(10);
    Device<int> out(60);
    convert<<<1, 10>>>(in, out, clamped);
    expect_all("integers", out.read(), want);
    expect_all("clamped", clamped.read(), want_clamped);
    return finish();
}
