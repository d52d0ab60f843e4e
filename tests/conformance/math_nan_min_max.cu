// Point: fminf and fmaxf with NaN, and comparisons with NaN.
// Rule: if one argument is NaN the other is returned, NaN only if both are; each comparison with NaN but != is false.
#include "check.h"

__global__ void with_nan(float nan, float* out, int* flags) {
    out[0] = fmaxf(nan, 1.0f);
    out[1] = fmaxf(-2.0f, nan);
    out[2] = fminf(nan, 3.0f);
    out[3] = fminf(4.0f, nan);
    out[4] = fmaxf(nan, nan);
    out[5] = float(fmax(double(nan), 5.0));
    out[6] = fmaxf(1.0f, 2.0f) + fminf(1.0f, 2.0f);
    flags[0] = nan == nan;
    flags[1] = nan != nan;
    flags[2] = nan < 1.0f;
    flags[3] = !(nan >= 1.0f);
    flags[4] = isnan(nan) ? 1 : 0;
    flags[5] = isinf(nan) ? 1 : 0;
    flags[6] = isfinite(nan - nan) ? 1 : 0;
    flags[7] = isinf(1.0f / (nan != nan ? 0.0f : 1.0f)) ? 1 : 0;
}

int main() {
    Device<float> out(7);
    Device<int> flags(8);
    with_nan<<<1, 1>>>(NAN, out, flags);
    expect_all("min, max", out.read(), {1.0f, -2.0f, 3.0f, 4.0f, NAN, 5.0f, 3.0f});
    expect_all("flags", flags.read(), {0, 1, 0, 1, 1, 0, 0, 1});
    return finish();
}
