// Point: a grid without blocks.
// Rule: each dimension of a grid is at least 1.
// Reports: launch a cuda hip
#include "faults.h"

__global__ void fill(int* out) {  // at a
    out[threadIdx.x] = 1;
}

int main() {
    int n = correct() ? 32 : 0;
    fill<<<(n + 31) / 32, 32>>>(fresh<int>(64));
    return finish();
}
