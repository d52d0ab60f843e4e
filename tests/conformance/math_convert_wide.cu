// Point: conversions of float and double to 64-bit integers.
// Rule: the suffix names the rounding; every value within the range of the integer is exact.
#include "check.h"

__global__ void convert(const double* in, long long* whole, unsigned long long* bits) {
    int t = threadIdx.x;
    double d = in[t];
    float f = float(d);
    whole[t * 8] = __float2ll_rz(f);
    whole[t * 8 + 1] = __float2ll_rn(f);
    whole[t * 8 + 2] = __float2ll_rd(f);
    whole[t * 8 + 3] = __float2ll_ru(f);
    whole[t * 8 + 4] = __double2ll_rz(d);
    whole[t * 8 + 5] = __double2ll_rn(d);
    whole[t * 8 + 6] = __double2ll_rd(d);
    whole[t * 8 + 7] = (long long)(d) + (long long)(f);
    bits[t * 3] = __float2ull_rz(fabsf(f) * 2);
    bits[t * 3 + 1] = __double2ull_rz(fabs(d) * 2);
    bits[t * 3 + 2] = (unsigned long long)(fabsf(f)) + (unsigned long long)(fabs(d));
}

int main() {
    std::vector<double> values = {0.5, -0.5, 1.5, -2.5, 4294967295.0, -4294967297.0, 1e15 + 0.5, -1e15 - 0.5,
                                  4e18, -4e18, 123456789012345678.0, -98765432109876543.0, 0.0, -1.0, 2147483648.5, -0.001};
    int n = int(values.size());
    std::vector<long long> want(n * 8);
    std::vector<unsigned long long> want_bits(n * 3);
    for (int t = 0; t < n; t++) {
        double d = values[t];
        float f = float(d);
        double wide = f;
        want[t * 8] = (long long)(wide);
        want[t * 8 + 1] = (long long)(std::nearbyint(wide));
        want[t * 8 + 2] = (long long)(std::floor(wide));
        want[t * 8 + 3] = (long long)(std::ceil(wide));
        want[t * 8 + 4] = (long long)(d);
        want[t * 8 + 5] = (long long)(std::nearbyint(d));
        want[t * 8 + 6] = (long long)(std::floor(d));
        want[t * 8 + 7] = (long long)(d) + (long long)(wide);
        want_bits[t * 3] = (unsigned long long)(std::fabs(wide) * 2);
        want_bits[t * 3 + 1] = (unsigned long long)(std::fabs(d) * 2);
        want_bits[t * 3 + 2] = (unsigned long long)(std::fabs(wide)) + (unsigned long long)(std::fabs(d));
    }
    Device<double> in(values);
    Device<long long> whole(n * 8);
    Device<unsigned long long> bits(n * 3);
    convert<<<1, n>>>(in, whole, bits);
    expect_all("signed", whole.read(), want);
    expect_all("unsigned", bits.read(), want_bits);
    return finish();
}
