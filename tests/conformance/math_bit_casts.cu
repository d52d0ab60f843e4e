// Point: reinterpreting bits of float, double and integers.
// Rule: __float_as_int and the like keep all bits; __double2hiint and __hiloint2double split and join halves.
#include "check.h"

__global__ void bits(const double* in, unsigned* out, double* back) {
    int t = threadIdx.x;
    double x = in[t];
    out[t * 4] = __float_as_uint(float(x));
    out[t * 4 + 1] = unsigned(__float_as_int(__uint_as_float(0x3f800000u + t)));
    out[t * 4 + 2] = unsigned(__double2hiint(x));
    out[t * 4 + 3] = unsigned(__double2loint(x));
    back[t * 2] = __hiloint2double(__double2hiint(x), __double2loint(x));
    back[t * 2 + 1] = __longlong_as_double(__double_as_longlong(x) ^ (1LL << 63));
}

int main() {
    std::vector<double> values(16), want_back(32);
    std::vector<unsigned> want(64);
    for (int t = 0; t < 16; t++) {
        double x = values[t] = (t - 8) * 1.1;
        float single = float(x);
        unsigned long long word;
        std::memcpy(&want[t * 4], &single, 4);
        std::memcpy(&word, &x, 8);
        want[t * 4 + 1] = 0x3f800000u + t;
        want[t * 4 + 2] = unsigned(word >> 32);
        want[t * 4 + 3] = unsigned(word);
        want_back[t * 2] = x;
        want_back[t * 2 + 1] = -x;
    }
    Device<double> in(values), back(32);
    Device<unsigned> out(64);
    bits<<<1, 16>>>(in, out, back);
    expect_all("bits", out.read(), want);
    expect_all("back", back.read(), want_back);
    return finish();
}
