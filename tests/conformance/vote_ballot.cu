// Point: __ballot_sync gives one bit per lane of the caller's warp of 32.
// Rule: bit N is set where lane N of the mask passes a non-zero predicate; bits of lanes outside the mask are 0.
#include "check.h"

__global__ void ballots(unsigned* out) {
    int t = threadIdx.x;
    unsigned all = __ballot_sync(0xffffffffu, t % 3 == 0);
    unsigned part = 0;
    if (t % 32 < 20) part = __ballot_sync(0x000fffffu, t % 2);
    out[t * 2] = all;
    out[t * 2 + 1] = part;
}

int main() {
    Device<unsigned> out(128 * 2);
    ballots<<<1, 128>>>(out);
    std::vector<unsigned> want(128 * 2);
    for (int t = 0; t < 128; t++) {
        for (int lane = 0; lane < 32; lane++) {
            int other = t / 32 * 32 + lane;
            if (other % 3 == 0) want[t * 2] |= 1u << lane;
            if (t % 32 < 20 && lane < 20 && other % 2) want[t * 2 + 1] |= 1u << lane;
        }
    }
    expect_all("ballots", out.read(), want);
    return finish();
}
