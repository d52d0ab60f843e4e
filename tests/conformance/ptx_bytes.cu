// Point: bytes and bits of words by inline PTX: prmt, shf, lop3, brev, bfind, popc.
// Rule: prmt takes four bytes of eight by the nibbles of its selector; shf shifts a pair of words; lop3's table is indexed
// by the bits of a, b and c.
#include "check.h"

__global__ void compute(const unsigned* in, unsigned* out) {
    unsigned t = threadIdx.x, a = in[t], b = in[(t + 1) % 20], c = in[(t + 2) % 20], r;
    asm("prmt.b32 %0, %1, %2, 0x2705;" : "=r"(r) : "r"(a), "r"(b));
    out[t * 6] = r;
    asm("shf.l.wrap.b32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(t + 20));
    out[t * 6 + 1] = r;
    asm("shf.r.clamp.b32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "r"(t + 20));
    out[t * 6 + 2] = r;
    asm("lop3.b32 %0, %1, %2, %3, 0x96;" : "=r"(r) : "r"(a), "r"(b), "r"(c));
    out[t * 6 + 3] = r;
    asm("lop3.b32 %0, %1, %2, %3, 0xca;" : "=r"(r) : "r"(a), "r"(b), "r"(c));
    out[t * 6 + 4] = r;
    asm("{\n\t.reg .b32 x;\n\tbrev.b32 x, %1;\n\tbfind.u32 %0, x;\n\t}" : "=r"(r) : "r"(a));
    out[t * 6 + 5] = r;
}

int main() {
    std::vector<unsigned> values(20), want(120);
    for (unsigned t = 0; t < 20; t++) values[t] = 0x9e3779b9u * (t + 3) << (t % 7);
    for (unsigned t = 0; t < 20; t++) {
        unsigned a = values[t], b = values[(t + 1) % 20], c = values[(t + 2) % 20];
        unsigned long long bytes = (unsigned long long)b << 32 | a;
        unsigned picked[4] = {5, 0, 7, 2};
        for (int i = 0; i < 4; i++) want[t * 6] |= unsigned(bytes >> (8 * picked[i]) & 0xff) << (8 * i);
        unsigned wrapped = (t + 20) % 32, clamped = t + 20 < 32 ? t + 20 : 32;
        want[t * 6 + 1] = unsigned(bytes << wrapped >> 32);
        want[t * 6 + 2] = unsigned(bytes >> clamped);
        want[t * 6 + 3] = a ^ b ^ c;
        want[t * 6 + 4] = (a & b) | (~a & c);
        unsigned reversed = 0;
        for (int i = 0; i < 32; i++) reversed |= (a >> i & 1) << (31 - i);
        int top = -1;
        for (int i = 0; i < 32; i++)
            if (reversed >> i & 1) top = i;
        want[t * 6 + 5] = unsigned(top);
    }
    Device<unsigned> in(values), out(120);
    compute<<<1, 20>>>(in, out);
    expect_all("values", out.read(), want);
    return finish();
}
