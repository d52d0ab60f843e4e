// Point: the last lane of each warp of 32 hands its value to the warp (a scan's total).
// Rule: lane 31 is the last lane of the caller's own warp.
#include "check.h"

__global__ void last(int* out) { out[threadIdx.x] = __shfl_sync(0xffffffffu, int(threadIdx.x), 31); }

int main() {
    Device<int> out(256);
    last<<<1, 256>>>(out);
    std::vector<int> want(256);
    for (int t = 0; t < 256; t++) want[t] = t / 32 * 32 + 31;
    expect_all("lane 31", out.read(), want);
    return finish();
}
