// Point: __syncthreads makes shared-memory writes of the whole block visible before anyone goes on.
// Rule: no thread passes the barrier before all have arrived, and writes before it are seen after it.
#include "check.h"

__global__ void mirror(int* out) {
    __shared__ int row[256];
    int t = threadIdx.x;
    row[t] = t * 7;
    __syncthreads();
    out[t] = row[255 - t];
}

int main() {
    Device<int> out(256);
    mirror<<<1, 256>>>(out);
    std::vector<int> want(256);
    for (int t = 0; t < 256; t++) want[t] = (255 - t) * 7;
    expect_all("mirrored", out.read(), want);
    return finish();
}
