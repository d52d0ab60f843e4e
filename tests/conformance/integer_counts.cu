// Point: __clz, __ffs, __popc, __brev and their 64-bit forms.
// Rule: clz(0) is the width; ffs counts from 1 and gives 0 for 0; brev reverses the bits.
#include "check.h"

__global__ void counts(const unsigned long long* in, int* out, unsigned* reversed, unsigned long long* wide) {
    int t = threadIdx.x;
    unsigned long long x = in[t];
    unsigned low = unsigned(x);
    out[t * 6] = __clz(int(low));
    out[t * 6 + 1] = __ffs(int(low));
    out[t * 6 + 2] = __popc(low);
    out[t * 6 + 3] = __clzll((long long)x);
    out[t * 6 + 4] = __ffsll((long long)x);
    out[t * 6 + 5] = __popcll(x);
    reversed[t] = __brev(low);
    wide[t] = __brevll(x);
}

int main() {
    std::vector<unsigned long long> values = {0, 1, 0x80000000ull, 0xffffffffull, 1ull << 63, ~0ull, 0x0123456789abcdefull,
                                              1ull << 32, 0x00f0000000000000ull, 6};
    size_t n = values.size();
    std::vector<int> want;
    std::vector<unsigned> reversed;
    std::vector<unsigned long long> wide;
    for (unsigned long long x : values) {
        for (int width : {32, 64}) {
            unsigned long long word = width == 32 ? x & 0xffffffffull : x, back = 0;
            int zeros = 0, first = 0, ones = 0;
            while (zeros < width && !(word >> (width - 1 - zeros) & 1)) zeros++;
            for (int bit = width - 1; bit >= 0; bit--)
                if (word >> bit & 1) {
                    ones++;
                    first = bit + 1;
                    back |= 1ull << (width - 1 - bit);
                }
            for (int one : {zeros, first, ones}) want.push_back(one);
            if (width == 32) reversed.push_back(unsigned(back));
            else wide.push_back(back);
        }
    }
    Device<unsigned long long> in(values), got_wide(n);
    Device<int> out(n * 6);
    Device<unsigned> got_reversed(n);
    counts<<<1, int(n)>>>(in, out, got_reversed, got_wide);
    expect_all("clz, ffs, popc", out.read(), want);
    expect_all("brev", got_reversed.read(), reversed);
    expect_all("brevll", got_wide.read(), wide);
    return finish();
}
