// Point: __sinf, __cosf, __expf, __logf, __fdividef, __powf stay within the documented bounds.
// Rule: sin and cos within 2^-21.1 in [-pi, pi]; exp within 2 + |1.173 x| units; log within 3 units away from 1 and
// 2^-21.4 near it; division within 2 units.
#include "check.h"

__global__ void fast(const float* in, float* out) {
    int t = threadIdx.x;
    float x = in[t];
    out[t * 5] = __sinf(x);
    out[t * 5 + 1] = __cosf(x);
    out[t * 5 + 2] = __expf(x);
    out[t * 5 + 3] = __logf(fabsf(x) + 0.1f);
    out[t * 5 + 4] = __fdividef(x, 1.7f);
}

double unit(double value) { return std::ldexp(1.0, std::ilogb(value) - 23); }

int main() {
    std::vector<float> values(63);
    for (int t = 0; t < 63; t++) values[t] = -3.1f + t * 0.1f;
    Device<float> in(values), out(63 * 5);
    fast<<<1, 63>>>(in, out);
    std::vector<float> got = out.read();
    double sine = 0, exponent = 0, logarithm = 0, quotient = 0;  // largest error as a part of the bound
    for (int t = 0; t < 63; t++) {
        double x = values[t];
        double e = std::exp(x), l = std::log(double(std::fabs(values[t]) + 0.1f)), q = x / double(1.7f);
        sine = std::fmax(sine, std::fabs(got[t * 5] - std::sin(x)) / std::exp2(-21.1));
        sine = std::fmax(sine, std::fabs(got[t * 5 + 1] - std::cos(x)) / std::exp2(-21.1));
        exponent = std::fmax(exponent, std::fabs(got[t * 5 + 2] - e) / ((2 + std::fabs(1.173 * x)) * unit(e)));
        logarithm = std::fmax(logarithm, std::fabs(got[t * 5 + 3] - l) / std::fmax(3 * unit(l), std::exp2(-21.4)));
        quotient = std::fmax(quotient, std::fabs(got[t * 5 + 4] - q) / (2 * unit(q)));
    }
    expect("sin and cos", sine <= 1, true);
    expect("exp", exponent <= 1, true);
    expect("log", logarithm <= 1, true);
    expect("division", quotient <= 1, true);
    return finish();
}
