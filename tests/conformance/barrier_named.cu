// Point: a named barrier between two of four warps, by inline PTX.
// Only: cuda - AMD has one barrier a block, and the port says so.
// Rule: bar.sync N, COUNT waits until COUNT threads have arrived at barrier N; others are not involved.
#include "check.h"

__global__ void pair(int* out) {
    __shared__ int row[128];
    int t = threadIdx.x;
    row[t] = t;
    if (t < 64) {
        asm volatile("bar.sync 1, 64;" ::: "memory");
        out[t] = row[63 - t];
    } else {
        asm volatile("bar.sync 2, 64;" ::: "memory");
        out[t] = row[64 + 127 - t];
    }
}

int main() {
    Device<int> out(128);
    pair<<<1, 128>>>(out);
    std::vector<int> want(128);
    for (int t = 0; t < 128; t++) want[t] = t < 64 ? 63 - t : 191 - t;
    expect_all("pairs of warps", out.read(), want);
    return finish();
}
