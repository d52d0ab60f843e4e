// Point: a block waits for a flag that nobody sets.
// Rule: a kernel has to end.
// Reports: timeout a cuda hip
#include "faults.h"

__global__ void waits(volatile int* flag, int* out) {
    while (*flag == 0) {  // at a
    }
    out[threadIdx.x] = 1;
}

int main() {
    int* flag = numbered<int>(2);
    waits<<<2, 32>>>(flag + (correct() ? 1 : 0), fresh<int>(32));
    return finish();
}
