// Point: a barrier that only a part of the block reaches.
// Rule: __syncthreads() in conditional code is allowed only where the condition is the same for the whole block.
// Reports: divergent-barrier a cuda hip
#include "faults.h"

__global__ void part(int* out, int reaching) {
    int t = threadIdx.x;
    out[t] = t;
    if (t < reaching) {
        __syncthreads();  // at a
        out[t] += 1;
    }
    out[t] *= 2;
}

// Lanes that leave in front of a barrier are counted out of it.
__global__ void early(int* out, int n) {
    __shared__ int row[128];
    int t = threadIdx.x;
    row[t] = t;
    if (t >= n) {
        out[t] = -1;
        return;
    }
    __syncthreads();
    out[t] = row[(t + 1) % n];
}

int main() {
    part<<<1, 128>>>(fresh<int>(128), correct() ? 128 : 40);
    early<<<1, 128>>>(fresh<int>(128), 70);
    return finish();
}
