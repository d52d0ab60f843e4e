// Point: __byte_perm picks four of eight bytes.
// Rule: the bytes of x are numbered 0..3 and those of y 4..7; nibble i of s (its low 3 bits) names result byte i.
#include "check.h"

__global__ void permute(const unsigned* selectors, unsigned* out, unsigned x, unsigned y) {
    out[threadIdx.x] = __byte_perm(x, y, selectors[threadIdx.x]);
}

int main() {
    std::vector<unsigned> selectors = {0x3210, 0x7654, 0x0123, 0x4567, 0x5140, 0x6420, 0x7777, 0x0000, 0x2301, 0x3705};
    unsigned x = 0x33221100u, y = 0x77665544u;
    std::vector<unsigned> want;
    for (unsigned selector : selectors) {
        unsigned word = 0;
        for (int i = 0; i < 4; i++) {
            unsigned from = selector >> (4 * i) & 7;
            word |= ((from < 4 ? x >> (8 * from) : y >> (8 * (from - 4))) & 255u) << (8 * i);
        }
        want.push_back(word);
    }
    Device<unsigned> in(selectors), out(selectors.size());
    permute<<<1, int(selectors.size())>>>(in, out, x, y);
    expect_all("bytes", out.read(), want);
    return finish();
}
