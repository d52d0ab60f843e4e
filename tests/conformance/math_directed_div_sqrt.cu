// Point: __fdiv, __fsqrt and __frcp to nearest and in directions.
// Rule: the correctly rounded quotient, root and reciprocal in the named direction.
#include "check.h"

__global__ void round_all(const float* a, const float* b, float* out) {
    int t = threadIdx.x;
    float x = a[t], y = b[t];
    float* row = out + t * 8;
    row[0] = __fdiv_rn(x, y);
    row[1] = __fdiv_rz(x, y);
    row[2] = __fdiv_ru(x, y);
    row[3] = __fdiv_rd(x, y);
    row[4] = __fsqrt_rn(x);
    row[5] = __fsqrt_ru(x);
    row[6] = __fsqrt_rd(x);
    row[7] = __frcp_rn(y);
}

// The double quotient's own error is far below half a unit of float, and these operands have no exact ties.
float up(double exact, float near) { return double(near) >= exact ? near : std::nextafterf(near, INFINITY); }
float down(double exact, float near) { return double(near) <= exact ? near : std::nextafterf(near, -INFINITY); }

int main() {
    std::vector<float> a(50), b(50), want(50 * 8);
    for (int t = 0; t < 50; t++) {
        a[t] = 1.7f + 0.611f * t;
        b[t] = (t % 2 ? -1 : 1) * (0.37f + 1.137f * t);
        double quotient = double(a[t]) / double(b[t]), root = std::sqrt(double(a[t]));
        float* row = &want[t * 8];
        row[0] = float(quotient);
        row[2] = up(quotient, row[0]);
        row[3] = down(quotient, row[0]);
        row[1] = quotient >= 0 ? row[3] : row[2];
        row[4] = float(root);
        row[5] = up(root, row[4]);
        row[6] = down(root, row[4]);
        row[7] = float(1.0 / double(b[t]));
    }
    Device<float> x(a), y(b), out(50 * 8);
    round_all<<<1, 50>>>(x, y, out);
    expect_all("rounded", out.read(), want);
    return finish();
}
