// Point: a lane passes a mask that does not name itself.
// Rule: each calling lane has its own bit set in the mask.
// Reports: mask a cuda
#include "faults.h"

__global__ void outside(int* out, unsigned mask) {
    int t = threadIdx.x;
    out[t] = __any_sync(mask, t == 3);  // at a
}

int main() {
    outside<<<1, 32>>>(fresh<int>(32), correct() ? 0xffffffffu : 0x7fffffffu);
    return finish();
}
