// Point: a barrier in a branch that the whole block takes or leaves.
// Rule: a conditional barrier is allowed where the condition is the same for all threads of the block.
#include "check.h"

__global__ void odd_blocks(int* out) {
    __shared__ int row[64];
    int t = threadIdx.x, value = t;
    if (blockIdx.x % 2) {
        row[t] = t + 1;
        __syncthreads();
        value = row[(t + 1) % 64];
    }
    out[blockIdx.x * 64 + t] = value;
}

int main() {
    Device<int> out(64 * 4);
    odd_blocks<<<4, 64>>>(out);
    std::vector<int> want(64 * 4);
    for (int i = 0; i < 64 * 4; i++) want[i] = i / 64 % 2 ? (i % 64 + 1) % 64 + 1 : i % 64;
    expect_all("values", out.read(), want);
    return finish();
}
