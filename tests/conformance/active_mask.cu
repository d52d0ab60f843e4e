// Point: __activemask in straight code and on the two sides of a branch.
// Rule: a bit for each lane of the warp of 32 that executes the call together with the caller.
#include "check.h"

__global__ void active(unsigned* out) {
    int t = threadIdx.x;
    unsigned all = __activemask();
    unsigned side;
    if (t % 32 < 12 + t / 32 * 4) {
        side = __activemask();
        out[t * 2 + 1] = side;
    } else {
        side = __activemask();
        out[t * 2 + 1] = side | 1u;
    }
    out[t * 2] = all;
}

int main() {
    Device<unsigned> out(64 * 2);
    active<<<1, 64>>>(out);
    std::vector<unsigned> want(64 * 2);
    for (int t = 0; t < 64; t++) {
        want[t * 2] = 0xffffffffu;
        unsigned low = t < 32 ? 0x00000fffu : 0x0000ffffu;  // 12 lanes of the first warp, 16 of the second
        want[t * 2 + 1] = t % 32 < 12 + t / 32 * 4 ? low : ~low | 1u;
    }
    expect_all("masks", out.read(), want);
    return finish();
}
