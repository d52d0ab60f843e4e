// Point: __funnelshift_l, _r, _lc and _rc.
// Rule: hi:lo is shifted as 64 bits and the upper (l) or lower (r) word returned; the shift is taken modulo 32, or
// clamped to 32 by the c forms.
#include "check.h"

__global__ void shift(unsigned lo, unsigned hi, unsigned* out) {
    unsigned s = threadIdx.x;
    out[s * 4] = __funnelshift_l(lo, hi, s);
    out[s * 4 + 1] = __funnelshift_r(lo, hi, s);
    out[s * 4 + 2] = __funnelshift_lc(lo, hi, s);
    out[s * 4 + 3] = __funnelshift_rc(lo, hi, s);
}

int main() {
    const unsigned lo = 0x89abcdefu, hi = 0x01234567u;
    const unsigned long long both = (unsigned long long)hi << 32 | lo;
    Device<unsigned> out(40 * 4);
    shift<<<1, 40>>>(lo, hi, out);
    std::vector<unsigned> want(40 * 4);
    for (unsigned s = 0; s < 40; s++) {
        unsigned m = s % 32, c = s < 32 ? s : 32;
        want[s * 4] = unsigned((both << m) >> 32);
        want[s * 4 + 1] = unsigned(both >> m);
        want[s * 4 + 2] = unsigned((both << c) >> 32);
        want[s * 4 + 3] = unsigned(both >> c);
    }
    expect_all("shifted", out.read(), want);
    return finish();
}
