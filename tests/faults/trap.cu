// Point: a kernel that traps.
// Rule: __trap() ends the kernel; the host sees an error.
// Reports: trap a cuda hip
#include "faults.h"

__global__ void checks(int* out, int limit) {
    if (threadIdx.x >= limit) __trap();  // at a
    out[threadIdx.x] = 1;
}

int main() {
    checks<<<1, 64>>>(fresh<int>(64), correct() ? 64 : 60);
    return finish();
}
