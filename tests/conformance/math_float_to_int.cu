// Point: float to integer conversions with the four roundings, in range.
// Rule: __float2int_rn to nearest even, _rz towards zero, _ru up, _rd down; the same for unsigned, 64 bits and double.
#include "check.h"

__global__ void convert(const float* in, int* out, long long* wide) {
    int t = threadIdx.x;
    float x = in[t];
    out[t * 6] = __float2int_rn(x);
    out[t * 6 + 1] = __float2int_rz(x);
    out[t * 6 + 2] = __float2int_ru(x);
    out[t * 6 + 3] = __float2int_rd(x);
    out[t * 6 + 4] = int(__float2uint_rn(fabsf(x)));
    out[t * 6 + 5] = __double2int_rn(double(x) * 3);
    wide[t * 2] = __float2ll_rn(x * 1048576.0f * 65536.0f);
    wide[t * 2 + 1] = __double2ll_rz(double(x) * 1e12);
}

int main() {
    std::vector<float> values(41);
    std::vector<int> want(41 * 6);
    std::vector<long long> want_wide(41 * 2);
    for (int t = 0; t < 41; t++) {
        double x = values[t] = (t - 20) * 0.25f;
        want[t * 6] = int(std::nearbyint(x));
        want[t * 6 + 1] = int(std::trunc(x));
        want[t * 6 + 2] = int(std::ceil(x));
        want[t * 6 + 3] = int(std::floor(x));
        want[t * 6 + 4] = int(std::nearbyint(std::fabs(x)));
        want[t * 6 + 5] = int(std::nearbyint(x * 3));
        want_wide[t * 2] = (long long)(x * 68719476736.0);
        want_wide[t * 2 + 1] = (long long)(x * 1e12);
    }
    Device<float> in(values);
    Device<int> out(41 * 6);
    Device<long long> wide(41 * 2);
    convert<<<1, 41>>>(in, out, wide);
    expect_all("32 bits", out.read(), want);
    expect_all("64 bits", wide.read(), want_wide);
    return finish();
}
