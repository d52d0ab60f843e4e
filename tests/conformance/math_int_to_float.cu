// Point: integer to float conversions with directions of rounding.
// Rule: integers beyond 2^24 are rounded as the suffix says.
#include "check.h"

__global__ void convert(const int* in, float* out) {
    int t = threadIdx.x;
    out[t * 5] = __int2float_rn(in[t]);
    out[t * 5 + 1] = __int2float_rz(in[t]);
    out[t * 5 + 2] = __int2float_ru(in[t]);
    out[t * 5 + 3] = __int2float_rd(in[t]);
    out[t * 5 + 4] = __uint2float_rn(unsigned(in[t]));
}

int main() {
    std::vector<int> values = {0, 1, -1, 16777217, -16777217, 16777219, 2147483647, -2147483647 - 1, 123456789, -123456789};
    std::vector<float> want;
    for (int value : values) {
        double exact = value;
        float near = float(exact);
        float up = near >= exact ? near : std::nextafterf(near, INFINITY);
        float down = near <= exact ? near : std::nextafterf(near, -INFINITY);
        for (float one : {near, exact >= 0 ? down : up, up, down, float(double(unsigned(value)))}) want.push_back(one);
    }
    Device<int> in(values);
    Device<float> out(values.size() * 5);
    convert<<<1, int(values.size())>>>(in, out);
    expect_all("floats", out.read(), want);
    return finish();
}
