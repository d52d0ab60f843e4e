// Point: the last block reads what the others wrote and fenced, neither through volatile nor behind a fence of its own.
// Rule: a plain read may find what the block's cache has kept; an atomic before it does not change that.
// Reports: race a cuda hip
#include "faults.h"

__device__ unsigned tickets;

__global__ void total(int* partial, int* out, bool fresh_reads) {
    __shared__ bool last;
    int t = threadIdx.x;
    if (t == 0) {
        partial[blockIdx.x] = blockIdx.x * 3;
        __threadfence();
        last = atomicAdd(&tickets, 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (last && t < gridDim.x) {
        volatile int* others = partial;
        if (fresh_reads) out[t] = others[t];
        else out[t] = partial[t];  // at a
    }
}

int main() {
    total<<<10, 64>>>(fresh<int>(10), fresh<int>(10), correct());
    return finish();
}
