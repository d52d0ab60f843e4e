// Point: a part of the block waits at a barrier, the rest for a flag that is set behind it.
// Rule: a barrier waits for every lane of the block that has not left.
// Reports: timeout a cuda hip
#include "faults.h"

__global__ void waits(volatile int* flag, int* out) {
    int t = threadIdx.x;
    if (t < 64) {
        __syncthreads();
        *flag = 1;
    } else {
        while (*flag == 0) {  // at a
        }
        __syncthreads();
    }
    out[t] = 1;
}

__global__ void well(int* out) {
    __syncthreads();
    out[threadIdx.x] = 1;
}

int main() {
    if (correct()) well<<<1, 128>>>(fresh<int>(128));
    else waits<<<1, 128>>>(numbered<int>(1), fresh<int>(128));
    return finish();
}
