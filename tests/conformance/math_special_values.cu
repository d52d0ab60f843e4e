// Point: special cases of functions at zeros, infinities and outside their domain.
// Rule: as in C: log(0) is -inf, sqrt(-1) NaN, pow(0, 0) 1, atan2 of signed zeros, exp(-inf) 0.
#include "check.h"

__global__ void cases(float zero, float inf, float* out) {
    out[0] = logf(zero);
    out[1] = sqrtf(-1.0f - zero);
    out[2] = powf(zero, zero);
    out[3] = powf(-2.0f - zero, 3.0f);
    out[4] = expf(-inf);
    out[5] = tanhf(inf);
    out[6] = powf(-1.0f - zero, 0.5f);
    out[7] = fmodf(inf, 2.0f);
    out[8] = logf(inf);
    out[9] = rsqrtf(zero);
    out[10] = asinf(2.0f + zero);
    out[11] = erff(-inf);
}

int main() {
    Device<float> out(12);
    cases<<<1, 1>>>(0.0f, INFINITY, out);
    expect_all("cases", out.read(), {-INFINITY, NAN, 1.0f, -8.0f, 0.0f, 1.0f, NAN, NAN, INFINITY, INFINITY, NAN, -1.0f});
    return finish();
}
