// Point: __mulhi, __umulhi, __mul64hi, __umul64hi, __mul24 and __umul24.
// Rule: mulhi is the upper half of the full product; mul24 multiplies the low 24 bits (signed or not), low 32 bits kept.
#include "check.h"

__global__ void multiply(const long long* in, int* out, long long* wide) {
    int t = threadIdx.x;
    long long a = in[t], b = in[(t + 3) % 10];
    int x = int(a), y = int(b);
    out[t * 4] = __mulhi(x, y);
    out[t * 4 + 1] = int(__umulhi(unsigned(x), unsigned(y)));
    out[t * 4 + 2] = __mul24(x % 8000000, y % 8000000);
    out[t * 4 + 3] = int(__umul24(unsigned(x) & 0xffffffu, unsigned(y) & 0xffffffu));
    wide[t * 2] = __mul64hi(a, b);
    wide[t * 2 + 1] = (long long)__umul64hi((unsigned long long)a, (unsigned long long)b);
}

int main() {
    std::vector<long long> values(10), want_wide(20);
    std::vector<int> want(40);
    for (int t = 0; t < 10; t++) values[t] = (long long)(0x9e3779b97f4a7c15ull * (t + 1));
    for (int t = 0; t < 10; t++) {
        long long a = values[t], b = values[(t + 3) % 10];
        int x = int(a), y = int(b);
        want[t * 4] = int((long long)x * y >> 32);
        want[t * 4 + 1] = int((unsigned long long)unsigned(x) * unsigned(y) >> 32);
        want[t * 4 + 2] = int((long long)(x % 8000000) * (y % 8000000));  // within 24 bits with sign
        want[t * 4 + 3] = int((unsigned long long)(unsigned(x) & 0xffffffu) * (unsigned(y) & 0xffffffu));
        want_wide[t * 2] = (long long)((__int128)a * b >> 64);
        want_wide[t * 2 + 1] = (long long)((unsigned __int128)(unsigned long long)a * (unsigned long long)b >> 64);
    }
    Device<long long> in(values), wide(20);
    Device<int> out(40);
    multiply<<<1, 10>>>(in, out, wide);
    expect_all("32 bits", out.read(), want);
    expect_all("64 bits", wide.read(), want_wide);
    return finish();
}
