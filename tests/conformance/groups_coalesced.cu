// Point: coalesced_threads in a branch: aggregated atomic increment.
// Rule: the group holds the threads of the warp that are active there; ranks are dense from 0.
#include <cooperative_groups.h>
#include "check.h"
namespace cg = cooperative_groups;

__device__ int take(int* counter) {
    cg::coalesced_group active = cg::coalesced_threads();
    int start = 0;
    if (active.thread_rank() == 0) start = atomicAdd(counter, int(active.size()));
    return active.shfl(start, 0) + int(active.thread_rank());
}

__global__ void gather(const int* in, int* out, int* counter) {
    int value = in[threadIdx.x];
    if (value % 3 == 0) out[take(counter)] = value;
}

int main() {
    std::vector<int> values(128), want(128);
    int kept = 0;
    for (int t = 0; t < 128; t++) {
        values[t] = t * 11 + 1;
        if (values[t] % 3 == 0) want[kept++] = values[t];
    }
    Device<int> in(values), out(128), counter(1);
    gather<<<1, 128>>>(in, out, counter);
    std::vector<int> got = out.read();
    // Warps take their places in any order: compare as a set.
    for (int i = 0; i < kept; i++)
        for (int k = 0; k + 1 < kept; k++)
            if (got[k] > got[k + 1]) std::swap(got[k], got[k + 1]);
    expect("kept", counter.read()[0], kept);
    expect_all("gathered", got, want);
    return finish();
}
