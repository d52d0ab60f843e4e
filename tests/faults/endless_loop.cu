// Point: a loop without an end and without any access to memory.
// Rule: a kernel has to end.
// Reports: timeout a cuda hip
#include "faults.h"

__global__ void searches(unsigned* out, unsigned step) {
    unsigned value = threadIdx.x * 2 + 1;
    while (value % 2 == 1) {  // at a
        value = value * 3 + step;
    }
    out[threadIdx.x] = value;
}

int main() {
    searches<<<1, 32>>>(fresh<unsigned>(32), correct() ? 1 : 2);
    return finish();
}
