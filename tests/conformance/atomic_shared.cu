// Point: atomics on shared memory: a histogram in each block, then added up globally.
// Rule: atomics on shared memory are atomic among the threads of the block.
#include "check.h"

__global__ void histogram(const unsigned char* in, int count, int* bins) {
    __shared__ int local[16];
    if (threadIdx.x < 16) local[threadIdx.x] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
        atomicAdd(&local[in[i] / 16], 1);
    __syncthreads();
    if (threadIdx.x < 16) atomicAdd(&bins[threadIdx.x], local[threadIdx.x]);
}

int main() {
    std::vector<unsigned char> values(5000);
    std::vector<int> want(16);
    for (int i = 0; i < 5000; i++) {
        values[i] = (unsigned char)(i * i * 7 + i);
        want[values[i] / 16]++;
    }
    Device<unsigned char> in(values);
    Device<int> bins(16);
    histogram<<<6, 96>>>(in, 5000, bins);
    expect_all("bins", bins.read(), want);
    return finish();
}
