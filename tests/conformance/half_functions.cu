// Point: functions of half: square root, exponential, sine, rounding.
// Rule: hsqrt is correctly rounded; hexp, hlog and hsin are within 2 units of half; hfloor and the like are exact.
#include <cuda_fp16.h>
#include "check.h"

__global__ void functions(const float* in, float* out) {
    int t = threadIdx.x;
    __half x = __float2half(in[t]);
    out[t * 7] = __half2float(hsqrt(x));
    out[t * 7 + 1] = __half2float(hfloor(x));
    out[t * 7 + 2] = __half2float(hceil(x));
    out[t * 7 + 3] = __half2float(hrint(x));
    out[t * 7 + 4] = __half2float(hexp(x));
    out[t * 7 + 5] = __half2float(hlog(x));
    out[t * 7 + 6] = __half2float(hsin(x));
}

int main() {
    std::vector<float> values(30), want(30 * 4);
    for (int t = 0; t < 30; t++) values[t] = 0.125f + t * 0.25f;  // exact in half
    Device<float> in(values), out(30 * 7);
    functions<<<1, 30>>>(in, out);
    std::vector<float> got = out.read(), exact(30 * 4);
    double worst = 0;
    for (int t = 0; t < 30; t++) {
        double x = values[t], root = std::sqrt(x), unit = std::ldexp(1.0, std::ilogb(root) - 10);
        want[t * 4] = float(std::nearbyint(root / unit) * unit);
        want[t * 4 + 1] = float(std::floor(x));
        want[t * 4 + 2] = float(std::ceil(x));
        want[t * 4 + 3] = float(std::nearbyint(x));
        for (int i = 0; i < 4; i++) exact[t * 4 + i] = got[t * 7 + i];
        double wanted[3] = {std::exp(x), std::log(x), std::sin(x)};
        for (int i = 0; i < 3; i++) {
            double step = std::ldexp(1.0, std::ilogb(wanted[i]) - 10);
            worst = std::fmax(worst, std::fabs(got[t * 7 + 4 + i] - wanted[i]) / step);
        }
    }
    expect_all("exact", exact, want);
    expect("within 2 units", worst <= 2, true);
    return finish();
}
