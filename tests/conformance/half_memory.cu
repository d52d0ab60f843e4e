// Point: arrays of half in global and shared memory, copied from the host; structs with halves.
// Rule: half is 2 bytes, half2 4 with an alignment of 4.
#include <cuda_fp16.h>
#include "check.h"

struct Cell {
    __half a;
    float b;
    __half2 c;
};

__global__ void reverse(const __half* in, __half* out, int* sizes) {
    __shared__ __half row[64];
    row[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = row[63 - threadIdx.x];
    sizes[0] = sizeof(__half);
    sizes[1] = sizeof(__half2);
    sizes[2] = alignof(__half2);
    sizes[3] = sizeof(Cell);
}

int main() {
    std::vector<__half> values(64);
    std::vector<float> got(64), want(64);
    for (int t = 0; t < 64; t++) values[t] = __float2half(t * 0.5f);
    Device<__half> in(values), out(64);
    Device<int> sizes(4);
    reverse<<<1, 64>>>(in, out, sizes);
    std::vector<__half> back = out.read();
    for (int t = 0; t < 64; t++) {
        got[t] = __half2float(back[t]);
        want[t] = (63 - t) * 0.5f;
    }
    expect_all("reversed", got, want);
    expect_all("sizes", sizes.read(), {2, 4, 4, 12});
    return finish();
}
