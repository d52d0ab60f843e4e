// Point: a warp hands values to another one through a flag in LDS, and no fence stands before the flag.
// Rule: __syncwarp() orders the lanes of a warp; what another warp is to find needs __threadfence_block().
// Reports: race a cuda hip
#include "faults.h"

__global__ void hand_over(const int* in, int* out, bool fence) {
    __shared__ int data[64];
    __shared__ volatile int ready;
    int t = threadIdx.x;
    if (t == 0) ready = 0;
    __syncthreads();
    if (t < 64) {
        data[t] = in[t] * 3 + 1;
        __syncwarp();
        if (fence) __threadfence_block();
        if (t % 32 == 0) atomicAdd((int*)&ready, 1);
    } else {
        while (ready < 2) {
        }
        __syncwarp();
        __threadfence_block();
        out[t - 64] = data[127 - t];  // at a
    }
}

int main() {
    hand_over<<<1, 128>>>(numbered<int>(64), fresh<int>(64), correct());
    return finish();
}
