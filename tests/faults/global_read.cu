// Point: a read behind an allocation.
// Rule: a kernel may only access memory that was allocated.
// Reports: out-of-bounds a cuda hip
#include "faults.h"

__global__ void neighbours(const float* in, float* out, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) out[i] = in[i] + in[i + 1];  // at a
}

int main() {
    neighbours<<<2, 50>>>(numbered<float>(100), fresh<float>(100), correct() ? 99 : 100);
    return finish();
}
