// Point: a shared union used for one purpose and then, after a barrier, for another.
// Rule: members of a union share their bytes, in shared memory as elsewhere.
#include "check.h"

union Scratch {
    int numbers[64];
    float reals[64];
    unsigned char bytes[256];
};

__global__ void reuse(unsigned* out) {
    __shared__ Scratch scratch;
    int t = threadIdx.x;
    scratch.reals[t] = 1.0f + t;
    __syncthreads();
    unsigned seen = scratch.bytes[t * 4 + 3] * 256u + scratch.bytes[t * 4 + 2];
    __syncthreads();
    scratch.numbers[63 - t] = t;
    __syncthreads();
    out[t] = seen * 100u + scratch.numbers[t];
}

int main() {
    Device<unsigned> out(64);
    reuse<<<1, 64>>>(out);
    std::vector<unsigned> want(64);
    for (int t = 0; t < 64; t++) {
        float value = 1.0f + t;
        unsigned bits;
        std::memcpy(&bits, &value, 4);
        want[t] = (bits >> 16) * 100u + (63 - t);
    }
    expect_all("bytes and numbers", out.read(), want);
    return finish();
}
