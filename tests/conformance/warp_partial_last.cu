// Point: blocks of 48 and 1000 threads, whose last warp is partial.
// Rule: the last warp of a block has blockDim % 32 lanes; a mask names only lanes that exist.
#include "check.h"

__global__ void sum(int* out, int threads) {
    int t = threadIdx.x, lane = t % 32;
    int lanes = min(32, threads - t / 32 * 32);
    unsigned mask = lanes == 32 ? 0xffffffffu : (1u << lanes) - 1;
    int total = 0;
    for (int from = 0; from < lanes; from++) total += __shfl_sync(mask, t, from);
    out[t] = total + (__ballot_sync(mask, true) == mask ? 0 : -1000000) + lane;
}

int main() {
    for (int threads : {1, 31, 33, 48, 1000}) {
        Device<int> out(threads);
        sum<<<1, threads>>>(out, threads);
        std::vector<int> want(threads);
        for (int t = 0; t < threads; t++) {
            for (int other = t / 32 * 32; other < threads && other < t / 32 * 32 + 32; other++) want[t] += other;
            want[t] += t % 32;
        }
        expect_all(("block of " + std::to_string(threads)).c_str(), out.read(), want);
    }
    return finish();
}
