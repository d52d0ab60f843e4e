// Point: a shuffle reads a lane that stands outside of the branch.
// Rule: the value read from an inactive lane is undefined.
// Reports: inactive-lane a cuda hip
#include "faults.h"

__global__ void inactive(int* out, int from) {
    int t = threadIdx.x, value = t;
    if (t < 16) {
        value = __shfl_sync(0xffffu, value, t + from);  // at a
    }
    out[t] = value;
}

int main() {
    inactive<<<1, 32>>>(fresh<int>(32), correct() ? 0 : 16);
    return finish();
}
