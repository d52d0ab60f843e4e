// Point: lanes of a block wait at two different barriers.
// Rule: all lanes of the block have to reach the same __syncthreads().
// Reports: divergent-barrier a cuda hip
#include "faults.h"

__global__ void places(int* out, int first) {
    __shared__ int row[128];
    int t = threadIdx.x;
    row[t] = t;
    if (t < first) {
        __syncthreads();
        out[t] = row[127 - t];
    } else {
        row[t] += 1;
        __syncthreads();  // at a
        out[t] = row[t] * 3;
    }
}

int main() {
    places<<<1, 128>>>(fresh<int>(128), correct() ? 128 : 64);
    return finish();
}
