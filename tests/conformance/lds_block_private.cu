// Point: each block has its own shared memory, also of kernels with many blocks.
// Rule: shared variables live as long as the block and are seen by its threads only.
#include "check.h"

__global__ void own(int* out) {
    __shared__ int counter;
    if (threadIdx.x == 0) counter = int(blockIdx.x);
    __syncthreads();
    atomicAdd(&counter, 1);
    __syncthreads();
    if (threadIdx.x == 7) out[blockIdx.x] = counter;
}

int main() {
    Device<int> out(500);
    own<<<500, 40>>>(out);
    std::vector<int> want(500);
    for (int b = 0; b < 500; b++) want[b] = b + 40;
    expect_all("counters", out.read(), want);
    return finish();
}
