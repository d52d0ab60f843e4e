// Point: each block waits for a flag of the one before it, and no fence stands before the flag.
// Rule: a volatile flag orders nothing but itself; what it announces has to be fenced before it.
// Reports: race a cuda hip
#include "faults.h"

__device__ int tickets;

__global__ void chain(int* sums, volatile int* flags, bool fence) {
    if (threadIdx.x) return;
    int mine = atomicAdd(&tickets, 1), before = 0;
    if (mine > 0) {
        while (flags[mine - 1] != 1) {
        }
        __threadfence();
        before = sums[mine - 1];  // at a
    }
    sums[mine] = before + mine;
    if (fence) __threadfence();
    flags[mine] = 1;
}

int main() {
    int* flags = fresh<int>(6);
    cudaMemset(flags, 0, 6 * sizeof(int));
    chain<<<6, 64>>>(fresh<int>(6), flags, correct());
    return finish();
}
