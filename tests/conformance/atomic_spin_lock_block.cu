// Point: a lock taken by one thread of each block.
// Rule: atomicCAS and atomicExch with fences guard a critical section between blocks.
#include "check.h"

__device__ int lock;

__global__ void guarded(int* values) {
    if (threadIdx.x == 0) {
        while (atomicCAS(&lock, 0, 1) != 0) {
        }
        __threadfence();
        volatile int* row = values;
        row[0] += 1;
        row[1] += row[0];
        __threadfence();
        atomicExch(&lock, 0);
    }
}

int main() {
    Device<int> values(2);
    guarded<<<40, 32>>>(values);
    expect_all("count, sum of counts", values.read(), {40, 820});
    return finish();
}
