// Point: a read so far behind an allocation that it could meet another one.
// Rule: a kernel may only access memory that was allocated, and what lies where is chance.
// Reports: out-of-bounds a cuda hip
#include "faults.h"

__global__ void read_at(const float* in, float* out, int first) {
    out[threadIdx.x] = in[first + threadIdx.x];  // at a
}

int main() {
    constexpr int kCount = 1 << 16;
    float *upper = fresh<float>(kCount), *lower = fresh<float>(kCount);  // addresses are given out from above
    cudaMemset(upper, 0, kCount * sizeof(float));
    cudaMemset(lower, 0, kCount * sizeof(float));
    read_at<<<1, 64>>>(lower, fresh<float>(64), correct() ? 1500 : kCount + 1500);
    return finish();
}
