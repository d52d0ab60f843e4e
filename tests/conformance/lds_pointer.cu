// Point: addresses of shared and global memory through one generic pointer.
// Rule: a plain pointer may point to either space; the access goes where it points.
#include "check.h"

__device__ __noinline__ int sum_of(const int* row, int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) sum += row[i];
    return sum;
}

__global__ void either(const int* in, int* out) {
    __shared__ int row[32];
    int t = threadIdx.x;
    row[t] = in[t] * 2;
    __syncthreads();
    const int* from = t % 2 ? row : in;
    out[t] = sum_of(from, t + 1);
}

int main() {
    std::vector<int> values(32), want(32);
    for (int t = 0; t < 32; t++) {
        values[t] = t + 5;
        for (int i = 0; i <= t; i++) want[t] += values[i] * (t % 2 ? 2 : 1);
    }
    Device<int> in(values), out(32);
    either<<<1, 32>>>(in, out);
    expect_all("sums", out.read(), want);
    return finish();
}
