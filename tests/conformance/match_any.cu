// Point: __match_any_sync groups the lanes of a warp of 32 by value.
// Rule: the result is the mask of lanes that passed the same value; 32- and 64-bit values and floats by their bits.
#include "check.h"

__global__ void groups(unsigned* out, unsigned* wide, unsigned* real) {
    int t = threadIdx.x;
    out[t] = __match_any_sync(0xffffffffu, t * t % 7);
    wide[t] = __match_any_sync(0xffffffffu, (unsigned long long)(t % 3) << 40);
    real[t] = __match_any_sync(0xffffffffu, float(t % 5) * 0.25f);
}

unsigned group(int t, int (*key)(int)) {
    unsigned mask = 0;
    for (int lane = 0; lane < 32; lane++)
        if (key(t / 32 * 32 + lane) == key(t)) mask |= 1u << lane;
    return mask;
}

int main() {
    Device<unsigned> out(64), wide(64), real(64);
    groups<<<1, 64>>>(out, wide, real);
    std::vector<unsigned> want(64), want_wide(64), want_real(64);
    for (int t = 0; t < 64; t++) {
        want[t] = group(t, [](int i) { return i * i % 7; });
        want_wide[t] = group(t, [](int i) { return i % 3; });
        want_real[t] = group(t, [](int i) { return i % 5; });
    }
    expect_all("by int", out.read(), want);
    expect_all("by 64 bits", wide.read(), want_wide);
    expect_all("by float", real.read(), want_real);
    return finish();
}
