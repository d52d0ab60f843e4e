// Point: inclusive scan in a warp by shuffles from below.
// Rule: lanes with fewer than `step` lanes below them get their own value back and must not add it.
#include "check.h"

__global__ void scan(const int* in, int* out) {
    int lane = threadIdx.x & 31;
    int value = in[threadIdx.x];
    for (int step = 1; step < 32; step *= 2) {
        int below = __shfl_up_sync(0xffffffffu, value, step);
        if (lane >= step) value += below;
    }
    out[threadIdx.x] = value;
}

int main() {
    std::vector<int> values(160), want(160);
    for (int t = 0; t < 160; t++) {
        values[t] = t * t % 17;
        want[t] = values[t] + (t % 32 ? want[t - 1] : 0);
    }
    Device<int> in(values), out(160);
    scan<<<1, 160>>>(in, out);
    expect_all("scan", out.read(), want);
    return finish();
}
