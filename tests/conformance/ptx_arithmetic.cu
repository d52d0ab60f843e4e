// Point: mad.wide, mul.hi, add with carry, and 64-bit moves by inline PTX.
// Rule: mad.wide.u32 gives 64 bits; add.cc sets the carry that addc takes.
#include "check.h"

__global__ void compute(const unsigned* in, unsigned long long* out) {
    unsigned t = threadIdx.x, x = in[t], y = in[(t + 3) % 16];
    unsigned long long wide, joined;
    unsigned low, high, upper;
    asm("mad.wide.u32 %0, %1, %2, %3;" : "=l"(wide) : "r"(x), "r"(y), "l"((unsigned long long)t));
    asm("mul.hi.u32 %0, %1, %2;" : "=r"(upper) : "r"(x), "r"(y));
    asm("add.cc.u32 %0, %2, %3;\n\taddc.u32 %1, %4, 0;" : "=r"(low), "=r"(high) : "r"(x), "r"(y), "r"(t));
    asm("mov.b64 %0, {%1, %2};" : "=l"(joined) : "r"(low), "r"(high));
    out[t * 3] = wide;
    out[t * 3 + 1] = upper;
    out[t * 3 + 2] = joined;
}

int main() {
    std::vector<unsigned> values(16);
    std::vector<unsigned long long> want(48);
    for (unsigned t = 0; t < 16; t++) values[t] = 0x9e3779b9u * (t + 1);
    for (unsigned t = 0; t < 16; t++) {
        unsigned long long x = values[t], y = values[(t + 3) % 16];
        want[t * 3] = x * y + t;
        want[t * 3 + 1] = x * y >> 32;
        want[t * 3 + 2] = x + y + ((unsigned long long)t << 32);
    }
    Device<unsigned> in(values);
    Device<unsigned long long> out(48);
    compute<<<1, 16>>>(in, out);
    expect_all("values", out.read(), want);
    return finish();
}
