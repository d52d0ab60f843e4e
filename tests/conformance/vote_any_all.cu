// Point: __any_sync and __all_sync answer for the caller's own warp of 32.
// Rule: any is non-zero if some lane of the mask passes non-zero, all if every one does.
#include "check.h"

__global__ void votes(int* out) {
    int t = threadIdx.x, warp = t / 32;
    bool mine = warp == 0 || (warp % 4 == 1 && t % 32 == 31);
    out[t * 2] = __any_sync(0xffffffffu, mine) != 0;
    out[t * 2 + 1] = __all_sync(0xffffffffu, mine) != 0;
}

int main() {
    Device<int> out(192 * 2);
    votes<<<1, 192>>>(out);
    std::vector<int> want(192 * 2);
    for (int t = 0; t < 192; t++) {
        want[t * 2] = t / 32 == 0 || t / 32 % 4 == 1;
        want[t * 2 + 1] = t / 32 == 0;
    }
    expect_all("any, all", out.read(), want);
    return finish();
}
