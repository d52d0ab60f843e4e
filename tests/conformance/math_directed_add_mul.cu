// Point: __fadd, __fsub and __fmul with the four directions of rounding.
// Rule: _rn to nearest even, _rz towards zero, _ru upwards, _rd downwards, of the exact result.
#include "check.h"

__global__ void round_all(const float* a, const float* b, float* out) {
    int t = threadIdx.x;
    float x = a[t], y = b[t];
    float* row = out + t * 12;
    row[0] = __fadd_rn(x, y);
    row[1] = __fadd_rz(x, y);
    row[2] = __fadd_ru(x, y);
    row[3] = __fadd_rd(x, y);
    row[4] = __fsub_rn(x, y);
    row[5] = __fsub_rz(x, y);
    row[6] = __fsub_ru(x, y);
    row[7] = __fsub_rd(x, y);
    row[8] = __fmul_rn(x, y);
    row[9] = __fmul_rz(x, y);
    row[10] = __fmul_ru(x, y);
    row[11] = __fmul_rd(x, y);
}

// The operands' exponents are close, so that sum and product are exact in double.
void rounded(double exact, float* row) {
    float near = float(exact);
    float up = double(near) >= exact ? near : std::nextafterf(near, INFINITY);
    float down = double(near) <= exact ? near : std::nextafterf(near, -INFINITY);
    row[0] = near;
    row[1] = exact >= 0 ? down : up;
    row[2] = up;
    row[3] = down;
}

int main() {
    std::vector<float> a(64), b(64), want(64 * 12);
    for (int t = 0; t < 64; t++) {
        a[t] = (t % 2 ? -1 : 1) * (1.0f + 0.123456f * t) * 3.7f;
        b[t] = (t % 3 ? 1 : -1) * (0.001f + 0.0312341f * t) * 1.3f;
        rounded(double(a[t]) + double(b[t]), &want[t * 12]);
        rounded(double(a[t]) - double(b[t]), &want[t * 12 + 4]);
        rounded(double(a[t]) * double(b[t]), &want[t * 12 + 8]);
    }
    Device<float> x(a), y(b), out(64 * 12);
    round_all<<<1, 64>>>(x, y, out);
    expect_all("rounded", out.read(), want);
    return finish();
}
