// Point: the usual block sum (warp sums through shared memory, then one warp) for block sizes 32 to 1024.
// Rule: a warp is 32 lanes, so blocks of n threads have ceil(n / 32) of them.
#include "check.h"

__device__ int warp_sum(int value) {
    for (int offset = 16; offset > 0; offset /= 2) value += __shfl_down_sync(0xffffffffu, value, offset);
    return value;
}

__global__ void block_sum(const int* in, int* out) {
    __shared__ int partial[32];
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    int value = warp_sum(in[blockIdx.x * blockDim.x + threadIdx.x]);
    if (lane == 0) partial[warp] = value;
    __syncthreads();
    if (warp == 0) {
        value = lane < blockDim.x / 32 ? partial[lane] : 0;
        value = warp_sum(value);
        if (lane == 0) out[blockIdx.x] = value;
    }
}

int main() {
    for (int threads : {32, 64, 96, 256, 1024}) {
        std::vector<int> values(threads * 3), want(3);
        for (int i = 0; i < threads * 3; i++) want[i / threads] += values[i] = (i * 37 + 11) % 101;
        Device<int> in(values), out(3);
        block_sum<<<3, threads>>>(in, out);
        expect_all(("block of " + std::to_string(threads)).c_str(), out.read(), want);
    }
    return finish();
}
