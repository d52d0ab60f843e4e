// Point: 10,000 blocks of 1,024 threads that meet at a barrier.
// Within: 256 MiB
// Rule: blocks of one kernel need not run at the same time; a barrier concerns the threads of one block only.
#include "check.h"

__global__ void rotate(unsigned* sums) {
    __shared__ unsigned values[1024];
    unsigned t = threadIdx.x;
    values[t] = t * 2 + blockIdx.x;
    __syncthreads();
    unsigned next = values[(t + 1) % 1024];
    if (t % 1023 == 0) atomicAdd(&sums[blockIdx.x], next * (t + 1));
}

int main() {
    const int blocks = 10000;
    Device<unsigned> sums(blocks);
    rotate<<<blocks, 1024>>>(sums);
    std::vector<unsigned> want(blocks);
    for (int b = 0; b < blocks; b++) want[b] = (2 + b) + b * 1024;  // the values of threads 1 and 0
    expect_all("sums", sums.read(), want);
    return finish();
}
