// Point: the last block adds what the others wrote, and no fence stands before their tickets.
// Rule: an atomic orders nothing but itself; __threadfence() has to hand over the writes before it.
// Reports: race a cuda hip
#include "faults.h"

__device__ unsigned tickets;

__global__ void total(int* partial, int* out, bool fence) {
    __shared__ bool last;
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = blockIdx.x * 3;
        if (fence) __threadfence();
        last = atomicAdd(&tickets, 1) == gridDim.x - 1;
        if (fence) __threadfence();
    }
    __syncthreads();
    if (last && threadIdx.x == 0) {
        int sum = 0;
        for (unsigned b = 0; b < gridDim.x; b++) sum += partial[b];  // at a
        *out = sum;
    }
}

int main() {
    total<<<10, 64>>>(fresh<int>(10), fresh<int>(1), correct());
    return finish();
}
