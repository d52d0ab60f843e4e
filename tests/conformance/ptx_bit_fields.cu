// Point: bfe, bfi, prmt, shf and lop3 by inline PTX.
// Rule: bfe takes `length` bits from `start`, sign-extended for s32; bfi puts the low bits of a into b; lop3 applies a
// truth table to three words.
#include "check.h"

__global__ void fields(const unsigned* in, unsigned* out) {
    unsigned t = threadIdx.x, x = in[t], y = in[(t + 1) % 16], r;
    asm("bfe.u32 %0, %1, %2, %3;" : "=r"(r) : "r"(x), "r"(t), "r"(7u));
    out[t * 6] = r;
    asm("bfe.s32 %0, %1, %2, %3;" : "=r"(r) : "r"(x), "r"(t), "r"(5u));
    out[t * 6 + 1] = r;
    asm("bfi.b32 %0, %1, %2, %3, %4;" : "=r"(r) : "r"(x), "r"(y), "r"(t), "r"(9u));
    out[t * 6 + 2] = r;
    asm("prmt.b32 %0, %1, %2, %3;" : "=r"(r) : "r"(x), "r"(y), "r"(0x5140u));
    out[t * 6 + 3] = r;
    asm("shf.l.wrap.b32 %0, %1, %2, %3;" : "=r"(r) : "r"(x), "r"(y), "r"(t));
    out[t * 6 + 4] = r;
    asm("lop3.b32 %0, %1, %2, %3, 0x96;" : "=r"(r) : "r"(x), "r"(y), "r"(t));
    out[t * 6 + 5] = r;
}

int main() {
    std::vector<unsigned> values(16), want(96);
    for (unsigned t = 0; t < 16; t++) values[t] = 0x9e3779b9u * (t + 1);
    for (unsigned t = 0; t < 16; t++) {
        unsigned x = values[t], y = values[(t + 1) % 16], field = 511u << t;
        want[t * 6] = x >> t & 127;
        want[t * 6 + 1] = unsigned(int((x >> t & 31) ^ 16) - 16);
        want[t * 6 + 2] = (y & ~field) | (x << t & field);
        want[t * 6 + 3] = (x & 255) | (y & 255) << 8 | (x >> 8 & 255) << 16 | (y >> 8 & 255) << 24;
        want[t * 6 + 4] = t ? y << t | x >> (32 - t) : y;
        want[t * 6 + 5] = x ^ y ^ t;
    }
    Device<unsigned> in(values), out(96);
    fields<<<1, 16>>>(in, out);
    expect_all("fields", out.read(), want);
    return finish();
}
