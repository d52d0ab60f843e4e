// Point: a read behind one array in LDS that ends in the next one.
// Rule: two arrays are two objects, wherever they lie.
// Reports: lds-overrun a cuda hip
#include "faults.h"

__global__ void both(int* out, int at) {
    __shared__ int first[64];
    __shared__ int second[256];
    int t = threadIdx.x;
    first[t] = t;
    for (int i = t; i < 256; i += 64) second[i] = -i;
    __syncthreads();
    out[t] = first[t + at] + second[t];  // at a
}

int main() {
    both<<<1, 64>>>(fresh<int>(64), correct() ? 0 : 100);
    return finish();
}
