#include <cuda_runtime.h>
#include "other.h"

__device__ int twice_plus(int x, int y) { return 2 * x + y; }
__device__ int sum_below(int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum += i;
    return sum;
}

// A name that the other unit has too: static functions and kernels belong to their unit.
static __global__ void call(int* values, int count) {
    if (int(threadIdx.x) < count) values[threadIdx.x] = -values[threadIdx.x];
}
void other_kernel(int* values, int count) { call<<<1, 32>>>(values, count); }
