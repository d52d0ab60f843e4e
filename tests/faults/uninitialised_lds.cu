// Point: LDS is read that nobody wrote, and an output hangs on it.
// Rule: LDS holds anything when a block begins. A copy that nobody looks at harms nobody.
// Suspects: uninitialised a cuda hip
#include "faults.h"

__global__ void last(float* out, int written) {
    __shared__ float row[64];
    int t = threadIdx.x;
    if (t < written) row[t] = t;
    __syncthreads();
    out[t] = row[t] * 2;  // at a
}

int main() {
    float* out = fresh<float>(64);
    last<<<1, 64>>>(out, correct() ? 64 : 63);
    float value = 0;
    cudaMemcpy(&value, out + 63, sizeof value, cudaMemcpyDeviceToHost);
    std::printf("%g\n", value);
    return finish();
}
