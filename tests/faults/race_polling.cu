// Point: a loop waits for another block by plain reads.
// Rule: what one block writes while another one reads it must be volatile or atomic.
// Reports: race a cuda hip
#include "faults.h"

__device__ int tickets;

__global__ void chain(int* sums, int* flags, bool polled) {
    if (threadIdx.x) return;
    int mine = atomicAdd(&tickets, 1), before = 0;
    if (mine > 0) {
        if (polled) {
            volatile int* flag = &flags[mine - 1];
            while (*flag == 0) {
            }
        } else {
            while (flags[mine - 1] == 0) __threadfence();  // at a
        }
        __threadfence();
        before = sums[mine - 1];
    }
    sums[mine] = before + mine;
    __threadfence();
    flags[mine] = 1;
}

int main() {
    int* flags = fresh<int>(6);
    cudaMemset(flags, 0, 6 * sizeof(int));
    chain<<<6, 64>>>(fresh<int>(6), flags, correct());
    return finish();
}
