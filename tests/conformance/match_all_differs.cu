// Point: __match_all_sync where one lane of one warp of 32 differs.
// Rule: a single different value gives 0 and a false predicate to each lane of that warp, and to no other warp.
#include "check.h"

__global__ void agree(unsigned* out, int* flags) {
    int t = threadIdx.x, flag = -1;
    out[t] = __match_all_sync(0xffffffffu, t == 41 ? 5u : 8u, &flag);
    flags[t] = flag != 0;
}

int main() {
    Device<unsigned> out(96);
    Device<int> flags(96);
    agree<<<1, 96>>>(out, flags);
    std::vector<unsigned> want(96);
    std::vector<int> want_flags(96);
    for (int t = 0; t < 96; t++) {
        want[t] = t / 32 == 1 ? 0 : 0xffffffffu;
        want_flags[t] = t / 32 != 1;
    }
    expect_all("masks", out.read(), want);
    expect_all("flags", flags.read(), want_flags);
    return finish();
}
