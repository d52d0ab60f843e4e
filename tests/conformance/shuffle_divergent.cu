// Point: the two sides of a branch shuffle independently, each with the mask of its own lanes.
// Rule: a *_sync shuffle involves the lanes named in the mask only, and these may all be on one side of a branch.
#include "check.h"

__global__ void branches(int* out) {
    int lane = threadIdx.x % 32;
    int value = threadIdx.x;
    if (lane % 2 == 0) {
        value = __shfl_sync(0x55555555u, value, (lane + 2) % 32);
    } else {
        value = 1000 + __shfl_sync(0xaaaaaaaau, value, (lane + 30) % 32);
    }
    out[threadIdx.x] = value;
}

int main() {
    Device<int> out(64);
    branches<<<1, 64>>>(out);
    std::vector<int> want(64);
    for (int t = 0; t < 64; t++) {
        int base = t / 32 * 32, lane = t % 32;
        want[t] = lane % 2 == 0 ? base + (lane + 2) % 32 : 1000 + base + (lane + 30) % 32;
    }
    expect_all("even and odd lanes", out.read(), want);
    return finish();
}
