// Point: dynamic shared memory whose size comes with the launch.
// Rule: `extern __shared__` names the bytes that the third launch argument asks for, anew for each block.
#include "check.h"

__global__ void reverse(const int* in, int* out) {
    extern __shared__ int row[];
    int t = threadIdx.x;
    row[t] = in[blockIdx.x * blockDim.x + t];
    __syncthreads();
    out[blockIdx.x * blockDim.x + t] = row[blockDim.x - 1 - t];
}

int main() {
    for (int threads : {16, 100, 512}) {
        std::vector<int> values(threads * 2), want(threads * 2);
        for (int i = 0; i < threads * 2; i++) values[i] = i * 3 + 1;
        for (int i = 0; i < threads * 2; i++) want[i] = values[i / threads * threads + threads - 1 - i % threads];
        Device<int> in(values), out(threads * 2);
        reverse<<<2, threads, threads * sizeof(int)>>>(in, out);
        expect_all(("block of " + std::to_string(threads)).c_str(), out.read(), want);
    }
    return finish();
}
