// Point: functions whose result is exact: fmod, remainder, frexp, ldexp, modf, floor, trunc, rint, round, copysign.
// Rule: these have no rounding error; rint goes to even, round away from zero.
#include "check.h"

__global__ void exact(const float* in, float* out, int* exponents) {
    int t = threadIdx.x;
    float x = in[t], *row = out + t * 12, whole;
    row[0] = fmodf(x, 1.25f);
    row[1] = remainderf(x, 1.25f);
    row[2] = frexpf(x, &exponents[t * 2]);
    row[3] = ldexpf(x, 3);
    row[4] = modff(x, &whole);
    row[5] = whole;
    row[6] = floorf(x);
    row[7] = ceilf(x);
    row[8] = truncf(x);
    row[9] = rintf(x);
    row[10] = roundf(x);
    row[11] = copysignf(2.0f, x);
    exponents[t * 2 + 1] = x == 0 ? 0 : ilogbf(x);
}

int main() {
    const int count = 65;
    std::vector<float> values(count), want(count * 12);
    std::vector<int> want_exponents(count * 2);
    for (int t = 0; t < count; t++) {
        float x = values[t] = (t - 32) * 0.25f, *row = &want[t * 12], whole;
        row[0] = std::fmod(x, 1.25f);
        row[1] = std::remainder(x, 1.25f);
        row[2] = std::frexp(x, &want_exponents[t * 2]);
        row[3] = x * 8;
        row[4] = std::modf(x, &whole);
        row[5] = whole;
        row[6] = std::floor(x);
        row[7] = std::ceil(x);
        row[8] = std::trunc(x);
        row[9] = std::nearbyint(x);
        row[10] = std::round(x);
        row[11] = std::signbit(x) ? -2.0f : 2.0f;
        want_exponents[t * 2 + 1] = x == 0 ? 0 : std::ilogb(x);
    }
    Device<float> in(values), out(count * 12);
    Device<int> exponents(count * 2);
    exact<<<1, count>>>(in, out, exponents);
    expect_all("values", out.read(), want);
    expect_all("exponents", exponents.read(), want_exponents);
    return finish();
}
