// Point: a write behind the dynamic LDS that the launch asked for.
// Rule: the third launch argument is what extern __shared__ has.
// Reports: lds-overrun a cuda hip
#include "faults.h"

__global__ void dynamic(int* out) {
    extern __shared__ int row[];
    int t = threadIdx.x;
    row[t] = t;  // at a
    __syncthreads();
    out[t] = t ? t : row[63];
}

int main() {
    dynamic<<<1, 128, (correct() ? 128 : 127) * sizeof(int)>>>(fresh<int>(128));
    return finish();
}
