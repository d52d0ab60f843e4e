// Point: a write behind an allocation, by the lanes of the last block that have nothing to do.
// Rule: a kernel may only access memory that was allocated.
// Reports: out-of-bounds a cuda hip
#include "faults.h"

__global__ void fill(int* out, int n, bool guarded) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (guarded && i >= n) return;
    out[i] = i;  // at a
}

int main() {
    fill<<<4, 32>>>(fresh<int>(100), 100, correct());
    return finish();
}
