// Point: barriers in a loop with two per round: all threads advance together.
// Rule: each execution of the barrier is one rendezvous of the whole block.
#include "check.h"

__global__ void hillis_steele(const int* in, int* out) {
    __shared__ int row[200];
    int t = threadIdx.x;
    row[t] = in[t];
    __syncthreads();
    for (int step = 1; step < 200; step *= 2) {
        int below = t >= step ? row[t - step] : 0;
        __syncthreads();
        row[t] += below;
        __syncthreads();
    }
    out[t] = row[t];
}

int main() {
    std::vector<int> values(200), want(200);
    for (int t = 0; t < 200; t++) {
        values[t] = t % 9 - 3;
        want[t] = values[t] + (t ? want[t - 1] : 0);
    }
    Device<int> in(values), out(200);
    hillis_steele<<<1, 200>>>(in, out);
    expect_all("scan", out.read(), want);
    return finish();
}
