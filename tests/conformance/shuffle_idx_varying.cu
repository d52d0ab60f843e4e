// Point: each lane of __shfl_sync may name another source lane (a permutation).
// Rule: srcLane is per lane; the result is what the named lane passed.
#include "check.h"

__global__ void permute(const int* source, int* out) {
    out[threadIdx.x] = __shfl_sync(0xffffffffu, int(threadIdx.x) * int(threadIdx.x), source[threadIdx.x]);
}

int main() {
    std::vector<int> source(64), want(64);
    for (int t = 0; t < 64; t++) {
        source[t] = (t * 7 + 3) % 32;
        int from = t / 32 * 32 + source[t];
        want[t] = from * from;
    }
    Device<int> in(source), out(64);
    permute<<<1, 64>>>(in, out);
    expect_all("permuted", out.read(), want);
    return finish();
}
