// Point: blocks with different numbers of barrier rounds do not wait for each other.
// Rule: __syncthreads is a matter of one block.
#include "check.h"

__global__ void rounds(int* out) {
    __shared__ int total;
    if (threadIdx.x == 0) total = 0;
    __syncthreads();
    for (unsigned round = 0; round <= blockIdx.x; round++) {
        if (threadIdx.x == round) total += round + 1;
        __syncthreads();
    }
    if (threadIdx.x == 5) out[blockIdx.x] = total;
}

int main() {
    Device<int> out(20);
    rounds<<<20, 32>>>(out);
    std::vector<int> want(20);
    for (int b = 0; b < 20; b++) want[b] = (b + 1) * (b + 2) / 2;
    expect_all("totals", out.read(), want);
    return finish();
}
