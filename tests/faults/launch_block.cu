// Point: a block of more than 1024 lanes.
// Rule: such a launch fails and runs nothing.
// Reports: launch a cuda hip
#include "faults.h"

__global__ void fill(int* out) {  // at a
    out[threadIdx.x] = 1;
}

int main() {
    fill<<<1, correct() ? 1024 : 2048>>>(fresh<int>(2048));
    return finish();
}
