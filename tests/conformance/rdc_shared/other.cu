#include <cuda_runtime.h>
#include "other.h"

__device__ int reversed(int value) {
    __shared__ int theirs[64];
    theirs[threadIdx.x] = value;
    __syncthreads();
    return theirs[63 - threadIdx.x];
}
