// Point: a trap in a kernel ends it with an error at the next synchronisation.
// Reports: trap
// Rule: __trap aborts the kernel; the context is unusable afterwards.
#include "check.h"

__global__ void stops(int limit) {
    if (int(threadIdx.x) == limit) __trap();
}

int main() {
    stops<<<1, 32>>>(99);  // nobody reaches it
    expect("not reached", cudaDeviceSynchronize() == cudaSuccess, true);
    stops<<<1, 32>>>(5);
    expect("trapped", cudaDeviceSynchronize() != cudaSuccess, true);
    return finish();
}
