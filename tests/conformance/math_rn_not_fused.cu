// Point: __fmul_rn and __fadd_rn are never merged into a fused operation.
// Rule: these intrinsics round each by itself, so that product and sum are rounded twice.
#include "check.h"

__global__ void twice(const float* a, const float* b, const float* c, float* out) {
    int t = threadIdx.x;
    out[t * 2] = __fadd_rn(__fmul_rn(a[t], b[t]), c[t]);
    out[t * 2 + 1] = __fsub_rn(c[t], __fmul_rn(a[t], b[t]));
}

int main() {
    std::vector<float> a(32), b(32), c(32), want(64);
    bool matters = false;
    for (int t = 0; t < 32; t++) {
        a[t] = 1.1f + t * 0.013f;
        b[t] = 0.9f - t * 0.007f;
        float product = float(double(a[t]) * double(b[t]));
        c[t] = -product * (1.0f + (t % 4) * 1.1920929e-7f);
        want[t * 2] = float(double(product) + double(c[t]));
        want[t * 2 + 1] = float(double(c[t]) - double(product));
        matters = matters || std::fmaf(a[t], b[t], c[t]) != want[t * 2];
    }
    Device<float> x(a), y(b), z(c), out(64);
    twice<<<1, 32>>>(x, y, z, out);
    expect("fusing would change something", matters, true);
    expect_all("rounded twice", out.read(), want);
    return finish();
}
