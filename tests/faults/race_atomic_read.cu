// Point: a histogram in LDS is read before every lane has counted.
// Rule: atomics do not wait for each other; a barrier has to stand between counting and reading.
// Reports: race a cuda hip
#include "faults.h"

__global__ void histogram(const int* in, int* out, bool wait) {
    __shared__ int bins[256];
    __shared__ int most;
    int t = threadIdx.x;
    bins[t] = 0;
    if (t == 0) most = 0;
    __syncthreads();
    atomicAdd(&bins[in[t] * 7 % 256], 1);
    if (most < t) atomicMax(&most, t);  // a look before an atomic is no race
    if (wait) __syncthreads();
    out[t] = bins[t];  // at a
}

int main() {
    histogram<<<1, 256>>>(numbered<int>(256), fresh<int>(256), correct());
    return finish();
}
