// Point: a shuffle reads a lane that has returned.
// Rule: a lane that exited has no value; the mask does not name it, and nothing may read it.
// Reports: inactive-lane a cuda hip
#include "faults.h"

__global__ void exited(int* out, int last) {
    int t = threadIdx.x;
    if (t >= 20) return;
    out[t] = __shfl_sync(0xfffffu, t, last);  // at a
}

int main() {
    exited<<<1, 32>>>(fresh<int>(32), correct() ? 19 : 31);
    return finish();
}
