// Point: the last block to finish sums what all blocks wrote (threadfence and an atomic ticket).
// Rule: writes before __threadfence are seen by whoever sees the atomic after it.
#include "check.h"

__device__ unsigned finished_blocks;

__global__ void sum(const int* in, volatile int* partial, int* out) {
    __shared__ int row[64];
    __shared__ bool last;
    int t = threadIdx.x;
    row[t] = in[blockIdx.x * 64 + t];
    __syncthreads();
    for (int half = 32; half > 0; half /= 2) {
        if (t < half) row[t] += row[t + half];
        __syncthreads();
    }
    if (t == 0) {
        partial[blockIdx.x] = row[0];
        __threadfence();
        last = atomicInc(&finished_blocks, gridDim.x - 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (last && t == 0) {
        int total = 0;
        for (unsigned b = 0; b < gridDim.x; b++) total += partial[b];
        *out = total;
    }
}

int main() {
    std::vector<int> values(64 * 50);
    int want = 0;
    for (size_t i = 0; i < values.size(); i++) want += values[i] = int(i * 31 % 77);
    Device<int> in(values), partial(50), out(1);
    for (int run = 0; run < 2; run++) {  // atomicInc wraps to 0, so that the second run counts anew
        must(cudaMemset(out.data, 0, sizeof(int)), "cudaMemset");
        sum<<<50, 64>>>(in, partial.data, out);
        expect("total", out.read()[0], want);
    }
    return finish();
}
