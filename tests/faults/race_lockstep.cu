// Point: lanes of one warp exchange values through LDS without __syncwarp().
// Rule: since Volta the lanes of a warp need not run in lockstep.
// Reports: lockstep a cuda hip
// Reports: lockstep b cuda hip
#include "faults.h"

__global__ void exchange(int* out, bool wait) {
    __shared__ int row[32];
    int t = threadIdx.x;
    row[t] = t * t;  // at b
    if (wait) __syncwarp();
    out[t] = row[t ^ 1];  // at a
}

int main() {
    exchange<<<1, 32>>>(fresh<int>(32), correct());
    return finish();
}
