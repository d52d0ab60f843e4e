// Point: integer division, remainder and shifts of negative and large numbers.
// Rule: / truncates towards zero and % has the sign of the dividend; >> of signed numbers keeps the sign.
#include "check.h"

__global__ void divide(const int* in, int* out, long long* wide) {
    int t = threadIdx.x, x = in[t];
    out[t * 5] = x / 7;
    out[t * 5 + 1] = x % 7;
    out[t * 5 + 2] = x >> 3;
    out[t * 5 + 3] = int(unsigned(x) >> 3);
    out[t * 5 + 4] = int(unsigned(x) / 10u);
    wide[t * 2] = ((long long)x * 1000003) / -97;
    wide[t * 2 + 1] = ((long long)x * 1000003) % 1009;
}

int main() {
    std::vector<int> values(33), want(33 * 5);
    std::vector<long long> want_wide(66);
    for (int t = 0; t < 33; t++) {
        int x = values[t] = (t - 16) * 123456789 / 2;
        want[t * 5] = x / 7;
        want[t * 5 + 1] = x % 7;
        want[t * 5 + 2] = int(std::floor(x / 8.0));
        want[t * 5 + 3] = int(unsigned(x) / 8);
        want[t * 5 + 4] = int(unsigned(x) / 10u);
        want_wide[t * 2] = ((long long)x * 1000003) / -97;
        want_wide[t * 2 + 1] = ((long long)x * 1000003) % 1009;
    }
    Device<int> in(values), out(33 * 5);
    Device<long long> wide(66);
    divide<<<1, 33>>>(in, out, wide);
    expect_all("32 bits", out.read(), want);
    expect_all("64 bits", wide.read(), want_wide);
    return finish();
}
