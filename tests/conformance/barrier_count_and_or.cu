// Point: __syncthreads_count, _and and _or over the whole block.
// Rule: all threads get the number of non-zero predicates, whether all were, and whether any was.
#include "check.h"

__global__ void votes(int* out) {
    int t = threadIdx.x;
    out[t * 4] = __syncthreads_count(t % 7 == 0);
    out[t * 4 + 1] = __syncthreads_and(t >= 0) != 0;
    out[t * 4 + 2] = __syncthreads_and(t != 99) != 0;
    out[t * 4 + 3] = (__syncthreads_or(t == 99) != 0) * 2 + (__syncthreads_or(t > 1000) != 0);
}

int main() {
    Device<int> out(160 * 4);
    votes<<<1, 160>>>(out);
    std::vector<int> want(160 * 4);
    for (int t = 0; t < 160; t++) {
        want[t * 4] = 23;  // 0, 7, .. 154
        want[t * 4 + 1] = 1;
        want[t * 4 + 2] = 0;
        want[t * 4 + 3] = 2;
    }
    expect_all("votes", out.read(), want);
    return finish();
}
