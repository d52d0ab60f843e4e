// Point: electing a leader with ffs of a ballot and broadcasting its value.
// Rule: __ffs counts from 1; lane __ffs(ballot) - 1 is the lowest lane that voted.
#include "check.h"

__global__ void elect(int* out) {
    int t = threadIdx.x, lane = t % 32, warp = t / 32;
    unsigned voters = __ballot_sync(0xffffffffu, lane >= 3 + warp * 5);
    int leader = __ffs(voters) - 1;
    out[t] = __shfl_sync(0xffffffffu, t * 2, leader);
}

int main() {
    Device<int> out(128);
    elect<<<1, 128>>>(out);
    std::vector<int> want(128);
    for (int t = 0; t < 128; t++) want[t] = (t / 32 * 32 + 3 + t / 32 * 5) * 2;
    expect_all("leader's value", out.read(), want);
    return finish();
}
