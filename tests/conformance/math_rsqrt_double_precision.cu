// Point: square roots and quotients of the plain operators are correctly rounded by default.
// Rule: sqrtf, sqrt and / round to nearest unless fast maths is asked for.
#include "check.h"

__global__ void plain(const float* in, float* out, double* wide) {
    int t = threadIdx.x;
    out[t * 2] = sqrtf(in[t]);
    out[t * 2 + 1] = 1.0f / in[t];
    wide[t * 2] = sqrt(double(in[t]));
    wide[t * 2 + 1] = 1.0 / double(in[t]);
}

int main() {
    std::vector<float> values(100), want(200);
    std::vector<double> want_wide(200);
    for (int t = 0; t < 100; t++) {
        float x = values[t] = 0.013f + t * 1.717f;
        want[t * 2] = float(std::sqrt(double(x)));
        want[t * 2 + 1] = 1.0f / x;
        want_wide[t * 2] = std::sqrt(double(x));
        want_wide[t * 2 + 1] = 1.0 / double(x);
    }
    Device<float> in(values), out(200);
    Device<double> wide(200);
    plain<<<1, 100>>>(in, out, wide);
    expect_all("float", out.read(), want);
    expect_all("double", wide.read(), want_wide);
    return finish();
}
