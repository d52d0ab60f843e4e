// Point: a barrier is missing between writing LDS and reading what other wavefronts wrote.
// Rule: only __syncthreads() makes the writes of the block visible to all of it.
// Reports: race a cuda hip
// Reports: race b cuda hip
#include "faults.h"

__global__ void reverse(int* out, bool wait) {
    __shared__ int row[256];
    int t = threadIdx.x;
    row[t] = t;  // at b
    if (wait) __syncthreads();
    out[t] = row[255 - t];  // at a
}

int main() {
    reverse<<<1, 256>>>(fresh<int>(256), correct());
    return finish();
}
