// Point: lane and warp numbers from the linear thread number, in blocks of one, two and three dimensions.
// Rule: threads are numbered x first, then y, then z, and packed into warps of 32 in that order.
#include "check.h"

__global__ void places(int* out) {
    int linear = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    int lane = linear % 32;
    int first = __shfl_sync(0xffffffffu, linear, 0);
    out[linear] = first * 100 + lane;
}

void check(const char* name, dim3 block) {
    int threads = block.x * block.y * block.z;
    Device<int> out(threads);
    places<<<1, block>>>(out);
    std::vector<int> want(threads);
    for (int t = 0; t < threads; t++) want[t] = t / 32 * 32 * 100 + t % 32;
    expect_all(name, out.read(), want);
}

int main() {
    check("64", dim3(64));
    check("16 by 8", dim3(16, 8));
    check("8 by 4 by 4", dim3(8, 4, 4));
    check("3 by 32", dim3(3, 32));
    return finish();
}
