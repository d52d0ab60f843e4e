// Point: __dmul_rn and __dadd_rn are never merged into a fused operation.
// Rule: these intrinsics round each by itself.
#include "check.h"

__global__ void difference(const double* a, const double* b, double* out) {
    int t = threadIdx.x;
    // a*b - a*b by separate roundings is 0; fused it would be the first product's rounding error.
    out[t] = __dadd_rn(__dmul_rn(a[t], b[t]), -__dmul_rn(b[t], a[t]));
}

int main() {
    std::vector<double> a(32), b(32);
    for (int t = 0; t < 32; t++) {
        a[t] = 1.1 + t * 0.013;
        b[t] = 0.9 - t * 0.007;
    }
    Device<double> x(a), y(b), out(32);
    difference<<<1, 32>>>(x, y, out);
    expect_all("zero", out.read(), std::vector<double>(32, 0.0));
    return finish();
}
