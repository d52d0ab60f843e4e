// Point: 1024 threads a block, and grids beyond 65535 in x and at 65535 in y.
// Rule: the limits are 1024 threads a block, 2^31 - 1 blocks in x, 65535 in y and z.
#include "check.h"

__global__ void count(unsigned long long* total) {
    if (threadIdx.x == blockDim.x - 1) atomicAdd(total, blockIdx.x + 3ull * blockIdx.y);
}

int main() {
    Device<unsigned long long> total(1);
    count<<<70000, 2>>>(total);
    expect("wide grid", total.read()[0], 70000ull * 69999 / 2);
    count<<<dim3(1, 65535), 1>>>(total);
    expect("tall grid", total.read()[0], 70000ull * 69999 / 2 + 3ull * 65535 * 65534 / 2);
    count<<<3, 1024>>>(total);
    expect("large blocks", total.read()[0], 70000ull * 69999 / 2 + 3ull * 65535 * 65534 / 2 + 3);
    return finish();
}
