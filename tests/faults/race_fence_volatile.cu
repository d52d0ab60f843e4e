// Point: the last block adds what the others wrote; all of it is volatile, and no fence stands before the tickets.
// Rule: volatile accesses to one place do not wait for those to another; only a fence keeps their order.
// Reports: race a cuda hip
#include "faults.h"

__device__ unsigned tickets;

__global__ void total(volatile int* partial, volatile int* states, int* out, bool fence) {
    __shared__ bool last;
    int t = threadIdx.x;
    if (t == 0) {
        partial[blockIdx.x] = blockIdx.x * 3;
        if (fence) __threadfence();
        states[blockIdx.x] = 2;  // a flag needs no fence behind it
        last = atomicAdd(&tickets, 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (last && t < gridDim.x) {
        while (states[t] != 2) {
        }
        out[t] = partial[t];  // at a
    }
}

int main() {
    int* states = fresh<int>(10);
    cudaMemset(states, 0, 10 * sizeof(int));
    total<<<10, 64>>>(fresh<int>(10), states, fresh<int>(10), correct());
    return finish();
}
