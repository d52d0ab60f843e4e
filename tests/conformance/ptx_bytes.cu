// Point: bytes and bits of words by inline PTX: prmt, shf, lop3, brev, bfind, popc, vshl, vshr.
// Rule: prmt takes four bytes of eight by the nibbles of its selector; shf shifts a pair of words; lop3's table is indexed
// by the bits of a, b and c; vshl and vshr take their distance modulo 32 or up to 32, and may add a third number.
// An instruction may write to an operand that is only an input, whose variable nobody reads afterwards.
#include "check.h"

__global__ void compute(const unsigned* in, unsigned* out) {
    unsigned t = threadIdx.x, a = in[t], b = in[(t + 1) % 20], c = in[(t + 2) % 20], r;
    asm("prmt.b32 %0, %1, %2, 0x2705;" : "=r"(r) : "r"(a), "r"(b));
    out[t * 9] = r;
    asm("shf.l.wrap.b32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(t + 20));
    out[t * 9 + 1] = r;
    asm("shf.r.clamp.b32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(t + 20));
    out[t * 9 + 2] = r;
    asm("lop3.b32 %0, %1, %2, %3, 0x96;" : "=r"(r) : "r"(a), "r"(b), "r"(c));
    out[t * 9 + 3] = r;
    asm("lop3.b32 %0, %1, %2, %3, 0xca;" : "=r"(r) : "r"(a), "r"(b), "r"(c));
    out[t * 9 + 4] = r;
    asm("{\n\t.reg .b32 x;\n\tbrev.b32 x, %1;\n\tbfind.u32 %0, x;\n\t}" : "=r"(r) : "r"(a));
    out[t * 9 + 5] = r;
    asm("vshl.u32.u32.u32.clamp.add %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(t + 20), "r"(b));
    out[t * 9 + 6] = r;
    asm("vshr.s32.s32.u32.wrap %0, %1, %2;" : "=r"(r) : "r"(a), "r"(t + 20));
    out[t * 9 + 7] = r;
    unsigned used = c;
    asm("prmt.b32 %1, %1, 0, 0x0123; xor.b32 %0, %1, %2;" : "=r"(r) : "r"(used), "r"(b));
    out[t * 9 + 8] = r;
}

int main() {
    std::vector<unsigned> values(20), want(180);
    for (unsigned t = 0; t < 20; t++) values[t] = 0x9e3779b9u * (t + 3) << (t % 7);
    for (unsigned t = 0; t < 20; t++) {
        unsigned a = values[t], b = values[(t + 1) % 20], c = values[(t + 2) % 20];
        unsigned long long bytes = (unsigned long long)b << 32 | a;
        unsigned picked[4] = {5, 0, 7, 2};
        for (int i = 0; i < 4; i++) want[t * 9] |= unsigned(bytes >> (8 * picked[i]) & 0xff) << (8 * i);
        unsigned wrapped = (t + 20) % 32, clamped = t + 20 < 32 ? t + 20 : 32;
        want[t * 9 + 1] = unsigned(bytes << wrapped >> 32);
        want[t * 9 + 2] = unsigned(bytes >> clamped);
        want[t * 9 + 3] = a ^ b ^ c;
        want[t * 9 + 4] = (a & b) | (~a & c);
        unsigned reversed = 0;
        for (int i = 0; i < 32; i++) reversed |= (a >> i & 1) << (31 - i);
        int top = -1;
        for (int i = 0; i < 32; i++)
            if (reversed >> i & 1) top = i;
        want[t * 9 + 5] = unsigned(top);
        want[t * 9 + 6] = unsigned((unsigned long long)a << clamped) + b;
        want[t * 9 + 7] = unsigned((long long)int(a) >> wrapped);
        want[t * 9 + 8] = (c << 24 | (c & 0xff00) << 8 | (c >> 8 & 0xff00) | c >> 24) ^ b;
    }
    Device<unsigned> in(values), out(180);
    compute<<<1, 20>>>(in, out);
    expect_all("values", out.read(), want);
    return finish();
}
