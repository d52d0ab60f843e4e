// Point: one atomic a warp: the leader adds for all lanes that want a place.
// Rule: leader's old value plus the rank of the lane below it gives every lane a place of its own.
#include "check.h"

__global__ void place(int* counter, int* taken) {
    int t = blockIdx.x * blockDim.x + threadIdx.x, lane = threadIdx.x % 32;
    bool wants = t % 3 != 1;
    unsigned voters = __ballot_sync(0xffffffffu, wants);
    int leader = __ffs(voters) - 1, start = 0;
    if (lane == leader) start = atomicAdd(counter, __popc(voters));
    start = __shfl_sync(0xffffffffu, start, leader);
    if (wants) taken[start + __popc(voters & ((1u << lane) - 1))] += 1;
}

int main() {
    int wanting = 0;
    for (int t = 0; t < 512; t++) wanting += t % 3 != 1;
    Device<int> counter(1), taken(512);
    place<<<4, 128>>>(counter, taken);
    std::vector<int> want(512);
    for (int i = 0; i < wanting; i++) want[i] = 1;
    expect("counter", counter.read()[0], wanting);
    expect_all("taken", taken.read(), want);
    return finish();
}
