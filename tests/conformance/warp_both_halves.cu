// Point: two warps of one block take different branches and loop counts, each with full masks of its own.
// Rule: warps of 32 are independent of each other; nothing a neighbour does may reach into a warp's shuffle.
#include "check.h"

__global__ void uneven(int* out) {
    int t = threadIdx.x, warp = t / 32;
    int value = t;
    for (int round = 0; round <= warp; round++) value += __shfl_xor_sync(0xffffffffu, value, 1 << round);
    if (warp % 2) value = -__shfl_sync(0xffffffffu, value, 4);
    out[t] = value;
}

int main() {
    Device<int> out(128);
    uneven<<<1, 128>>>(out);
    std::vector<int> want(128);
    for (int t = 0; t < 128; t++) want[t] = t;
    for (int warp = 0; warp < 4; warp++) {
        for (int round = 0; round <= warp; round++) {
            std::vector<int> before = want;
            for (int lane = 0; lane < 32; lane++) want[warp * 32 + lane] += before[warp * 32 + (lane ^ (1 << round))];
        }
        if (warp % 2) {
            int picked = want[warp * 32 + 4];
            for (int lane = 0; lane < 32; lane++) want[warp * 32 + lane] = -picked;
        }
    }
    expect_all("uneven warps", out.read(), want);
    return finish();
}
