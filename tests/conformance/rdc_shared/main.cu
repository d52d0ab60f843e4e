// Point: shared variables of two translation units in one kernel.
// Rule: each __shared__ variable has memory of its own in the block, in whatever unit it is declared.
#include "../check.h"
#include "other.h"

__global__ void sum(const int* in, int* out) {
    __shared__ int mine[64];
    const int t = threadIdx.x;
    mine[t] = in[t];
    __syncthreads();
    const int others = reversed(10 * in[t]);  // writes its own 64 numbers meanwhile
    out[t] = mine[63 - t] + others;
}

int main() {
    std::vector<int> numbers(64), want(64);
    for (int t = 0; t < 64; t++) numbers[t] = t * t + 1;
    for (int t = 0; t < 64; t++) want[t] = 11 * numbers[63 - t];
    Device<int> in(numbers), out(64);
    sum<<<1, 64>>>(in, out);
    expect_all("sums", out.read(), want);
    return finish();
}
