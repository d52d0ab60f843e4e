// Point: a write behind a static array in LDS.
// Rule: indices run from 0 to the array's size minus 1.
// Reports: lds-overrun a cuda hip
#include "faults.h"

__global__ void behind(int* out, int shift) {
    __shared__ int row[64];
    int t = threadIdx.x;
    row[t] = t;
    __syncthreads();
    if (t == 0) row[63 + shift] = 7;  // at a
    __syncthreads();
    out[t] = row[t];
}

int main() {
    behind<<<1, 64>>>(fresh<int>(64), correct() ? 0 : 1);
    return finish();
}
