// Point: static arrays and a dynamic one in the same kernel do not overlap.
// Rule: the dynamic bytes come in addition to the static ones.
#include "check.h"

__global__ void both(int* out) {
    __shared__ int fixed[64];
    __shared__ short more[64];
    extern __shared__ int free_size[];
    int t = threadIdx.x;
    free_size[t] = -1 - t;
    fixed[t] = t;
    more[t] = short(t * 2);
    __syncthreads();
    out[t] = fixed[63 - t] * 10000 + more[63 - t] * 100 + free_size[63 - t];
}

int main() {
    Device<int> out(64);
    both<<<1, 64, 64 * sizeof(int)>>>(out);
    std::vector<int> want(64);
    for (int t = 0; t < 64; t++) {
        int o = 63 - t;
        want[t] = o * 10000 + o * 200 - 1 - o;
    }
    expect_all("values", out.read(), want);
    return finish();
}
