// Point: __syncwarp with a mask of the lanes on one side of a branch.
// Rule: only the lanes of the mask take part; the other side has its own.
#include "check.h"

__global__ void swap(int* out) {
    __shared__ int row[64];
    int t = threadIdx.x, lane = t % 32;
    row[t] = t * 3;
    if (lane < 16) {
        __syncwarp(0x0000ffffu);
        out[t] = row[t ^ 1];
    } else {
        __syncwarp(0xffff0000u);
        out[t] = row[t ^ 2];
    }
}

int main() {
    Device<int> out(64);
    swap<<<1, 64>>>(out);
    std::vector<int> want(64);
    for (int t = 0; t < 64; t++) want[t] = (t % 32 < 16 ? t ^ 1 : t ^ 2) * 3;
    expect_all("swapped", out.read(), want);
    return finish();
}
