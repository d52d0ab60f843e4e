// Point: a write behind a __device__ array.
// Rule: variables of the device are objects like others, whatever lies behind them.
// Reports: out-of-bounds a cuda hip
#include "faults.h"

__device__ int counts[32];
__device__ int others[32];

__global__ void count(const int* in, int bins) {
    int i = threadIdx.x;
    counts[in[i] % bins] = i;  // at a
    others[i] = i;
}

int main() {
    count<<<1, 32>>>(numbered<int>(33) + (correct() ? 0 : 1), 33);
    return finish();
}
