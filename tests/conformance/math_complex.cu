// Point: cuComplex arithmetic on both sides.
// Rule: the operations are those of complex numbers; cuCabs does not overflow early.
#include <cuComplex.h>
#include "check.h"

__global__ void complex(const cuFloatComplex* in, float* out) {
    int t = threadIdx.x;
    cuFloatComplex a = in[t], b = in[(t + 1) % 8];
    cuFloatComplex product = cuCmulf(a, b), sum = cuCaddf(product, cuConjf(a)), less = cuCsubf(sum, b);
    out[t * 4] = cuCrealf(product);
    out[t * 4 + 1] = cuCimagf(product);
    out[t * 4 + 2] = cuCrealf(less);
    out[t * 4 + 3] = cuCimagf(less);
}

__global__ void quotient(cuDoubleComplex a, cuDoubleComplex b, double* out) {
    cuDoubleComplex q = cuCdiv(a, b);
    out[0] = cuCreal(q);
    out[1] = cuCimag(q);
    out[2] = cuCabs(make_cuDoubleComplex(3e200, 4e200));
}

int main() {
    std::vector<cuFloatComplex> values(8);
    std::vector<float> want(32);
    for (int t = 0; t < 8; t++) values[t] = make_cuFloatComplex(t - 3.0f, 2.0f * t + 1);  // whole numbers: exact
    for (int t = 0; t < 8; t++) {
        cuFloatComplex a = values[t], b = values[(t + 1) % 8];
        want[t * 4] = a.x * b.x - a.y * b.y;
        want[t * 4 + 1] = a.x * b.y + a.y * b.x;
        want[t * 4 + 2] = want[t * 4] + a.x - b.x;
        want[t * 4 + 3] = want[t * 4 + 1] - a.y - b.y;
    }
    Device<cuFloatComplex> in(values);
    Device<float> out(32);
    Device<double> wide(3);
    complex<<<1, 8>>>(in, out);
    expect_all("float", out.read(), want);
    quotient<<<1, 1>>>(make_cuDoubleComplex(-11, 2), make_cuDoubleComplex(1, 2), wide);
    std::vector<double> got = wide.read();
    expect_near("real", got[0], -7.0 / 5, 1e-14);   // (-11 + 2i)(1 - 2i) / 5 = (-7 + 24i) / 5
    expect_near("imaginary", got[1], 24.0 / 5, 1e-14);
    expect_near("absolute", got[2], 5e200, 1e186);
    return finish();
}
