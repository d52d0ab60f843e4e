// Point: 48 KiB of dynamic shared memory, the amount that needs no opt-in.
// Rule: a block may use up to 48 KiB without an attribute; all of it is usable.
#include "check.h"

__global__ void fill(unsigned* out) {
    extern __shared__ unsigned words[];
    for (int i = threadIdx.x; i < 12288; i += blockDim.x) words[i] = i * 2654435761u;
    __syncthreads();
    unsigned sum = 0;
    for (int i = threadIdx.x; i < 12288; i += blockDim.x) sum ^= words[12287 - i] + i;
    out[threadIdx.x] = sum;
}

int main() {
    Device<unsigned> out(128);
    fill<<<1, 128, 49152>>>(out);
    std::vector<unsigned> want(128);
    for (int i = 0; i < 12288; i++) want[i % 128] ^= (12287 - i) * 2654435761u + i;
    expect_all("48 KiB", out.read(), want);
    return finish();
}
