// Point: the first (or the second) warp of a pair returns, the other goes on with shuffles, votes and matches.
// Rule: a warp that exited does not matter to the other one's masks.
#include "check.h"

__global__ void survivors(int* out, int leaving) {
    int t = threadIdx.x;
    if (t / 32 == leaving) return;
    int value = __shfl_down_sync(0xffffffffu, t, 1);
    value += 1000 * __popc(__ballot_sync(0xffffffffu, t % 2));
    value += 100000 * __popc(__match_any_sync(0xffffffffu, t % 4));
    out[t] = value;
}

int main() {
    for (int leaving = 0; leaving < 2; leaving++) {
        Device<int> out(64);
        survivors<<<1, 64>>>(out, leaving);
        std::vector<int> want(64);
        for (int t = 0; t < 64; t++)
            if (t / 32 != leaving) want[t] = (t % 32 < 31 ? t + 1 : t) + 1000 * 16 + 100000 * 8;
        expect_all(leaving ? "first warp" : "second warp", out.read(), want);
    }
    return finish();
}
