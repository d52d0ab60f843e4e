// Point: blocks write different values to one word.
// Rule: blocks run in any order; what they write must not meet without an atomic.
// Reports: race a cuda hip
#include "faults.h"

__global__ void last(int* out, int step) {
    if (threadIdx.x == 0) out[blockIdx.x * step] = blockIdx.x;  // at a
    if (threadIdx.x == 1) out[64] = 1;
}

int main() {
    last<<<8, 32>>>(fresh<int>(65), correct() ? 1 : 0);
    return finish();
}
