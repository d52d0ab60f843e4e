// Point: compensated addition: the error of a float sum, and a Kahan sum.
// Rule: without reassociation, TwoSum gives the exact error of a+b; compilers may not simplify it away.
#include "check.h"

__global__ void two_sum(const float* a, const float* b, float* sums, float* errors) {
    int t = threadIdx.x;
    float s = a[t] + b[t];
    float v = s - a[t];
    errors[t] = (a[t] - (s - v)) + (b[t] - v);
    sums[t] = s;
}

__global__ void kahan(const float* in, int count, float* out) {
    float sum = 0, lost = 0;
    for (int i = 0; i < count; i++) {
        float y = in[i] - lost;
        float t = sum + y;
        lost = (t - sum) - y;
        sum = t;
    }
    *out = sum;
}

int main() {
    std::vector<float> a(32), b(32), sums(32), errors(32);
    for (int t = 0; t < 32; t++) {
        a[t] = 1000.0f + t * 1.37f;
        b[t] = 0.001f * t + 0.0003f;
        double exact = double(a[t]) + double(b[t]);
        sums[t] = float(exact);
        errors[t] = float(exact - double(float(exact)));
    }
    Device<float> x(a), y(b), out(32), lost(32), total(1);
    two_sum<<<1, 32>>>(x, y, out, lost);
    expect_all("sums", out.read(), sums);
    expect_all("errors", lost.read(), errors);
    std::vector<float> many(10000, 0.1f);
    Device<float> in(many);
    kahan<<<1, 1>>>(in, 10000, total);
    expect("kahan", total.read()[0], float(10000 * double(0.1f)));
    return finish();
}
