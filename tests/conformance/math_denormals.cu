// Point: denormal floats are kept by default.
// Rule: without flush-to-zero, arithmetic gives and takes denormal numbers as IEEE says.
#include "check.h"

__global__ void small(const float* in, float* out) {
    int t = threadIdx.x;
    out[t * 3] = in[t] * 0.5f;
    out[t * 3 + 1] = in[t] + in[t];
    out[t * 3 + 2] = in[t] - 1.0e-40f;
}

int main() {
    std::vector<float> values(20), want(60);
    for (int t = 0; t < 20; t++) {
        values[t] = 1.0e-40f * (t + 1);
        want[t * 3] = values[t] * 0.5f;
        want[t * 3 + 1] = values[t] + values[t];
        want[t * 3 + 2] = values[t] - 1.0e-40f;
    }
    Device<float> in(values), out(60);
    small<<<1, 20>>>(in, out);
    expect_all("denormals", out.read(), want);
    return finish();
}
