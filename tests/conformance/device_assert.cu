// Point: a device assertion that holds does nothing.
// Rule: assert stops the kernel only where its condition is zero.
#include <cassert>
#include "check.h"

__global__ void holds(int* out) {
    assert(threadIdx.x < 64);
    assert(blockDim.x == 64 && "block of 64");
    out[threadIdx.x] = 1;
}

int main() {
    Device<int> out(64);
    holds<<<1, 64>>>(out);
    expect_all("ran", out.read(), std::vector<int>(64, 1));
    return finish();
}
