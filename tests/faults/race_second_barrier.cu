// Point: the barrier at the end of a loop is missing, so that the next round overwrites what others still read.
// Rule: a buffer may be written again only when everyone has read it.
// Reports: race a cuda hip
// Reports: race b cuda hip
#include "faults.h"

__global__ void rounds(int* out, bool wait) {
    __shared__ int row[256];
    int t = threadIdx.x, sum = 0;
    for (int round = 0; round < 3; round++) {
        row[t] = t * 10 + round;  // at a
        __syncthreads();
        sum += row[(t + 128) % 256];  // at b
        if (wait) __syncthreads();
    }
    out[t] = sum;
}

int main() {
    rounds<<<1, 256>>>(fresh<int>(256), correct());
    return finish();
}
