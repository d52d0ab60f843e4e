// Point: three warps in a block: an odd number, so that a wavefront of 64 is half empty.
// Rule: warp sums are independent of how many warps the block has.
#include "check.h"

__global__ void sums(int* out) {
    int t = threadIdx.x, value = t * 2 + 1;
    for (int offset = 16; offset; offset /= 2) value += __shfl_xor_sync(0xffffffffu, value, offset);
    out[blockIdx.x * 96 + t] = value + int(blockIdx.x);
}

int main() {
    Device<int> out(96 * 5);
    sums<<<5, 96>>>(out);
    std::vector<int> want(96 * 5);
    for (int i = 0; i < 96 * 5; i++)
        for (int lane = 0; lane < 32; lane++) want[i] += (i % 96 / 32 * 32 + lane) * 2 + 1;
    for (int i = 0; i < 96 * 5; i++) want[i] += i / 96;
    expect_all("sums", out.read(), want);
    return finish();
}
