// Point: __any_sync and __all_sync answer for the caller's own warp of 32.
// Rule: any is non-zero if some lane of the mask passes non-zero, all if every one does.
#include "check.h"

__global__ void votes(int* out) {
    int t = threadIdx.x, warp = t / 32;
    bool mine = warp == 0 || (warp == 1 && t % 32 == 31);
    out[t * 2] = __any_sync(0xffffffffu, mine) != 0;
    out[t * 2 + 1] = __all_sync(0xffffffffu, mine) != 0;
}

int main() {
    Device<int> out(128 * 2);
    votes<<<1, 128>>>(out);
    std::vector<int> want(128 * 2);
    for (int t = 0; t < 128; t++) {
        want[t * 2] = t / 32 <= 1;
        want[t * 2 + 1] = t / 32 == 0;
    }
    expect_all("any, all", out.read(), want);
    return finish();
}
