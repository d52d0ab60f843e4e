// Point: __syncwarp orders shared-memory accesses among the lanes of one warp of 32.
// Rule: lanes of the mask wait for each other, and their writes before it are seen after it.
#include "check.h"

__global__ void rotate(int* out) {
    __shared__ int row[128];
    int t = threadIdx.x, lane = t % 32, base = t - lane;
    row[t] = t;
    __syncwarp();
    for (int round = 0; round < 3; round++) {
        int next = row[base + (lane + 1) % 32];
        __syncwarp();
        row[t] = next + 1;
        __syncwarp();
    }
    out[t] = row[t];
}

int main() {
    Device<int> out(128);
    rotate<<<1, 128>>>(out);
    std::vector<int> want(128);
    for (int t = 0; t < 128; t++) want[t] = t / 32 * 32 + (t % 32 + 3) % 32 + 3;
    expect_all("rotated thrice", out.read(), want);
    return finish();
}
