// Point: __shfl_xor_sync exchanges with lane ^ mask inside the warp of 32.
// Rule: the source is the caller's lane number xor `laneMask`; with masks below the width it stays in the group.
#include "check.h"

__global__ void exchange(int* out, int lane_mask) {
    out[threadIdx.x] = __shfl_xor_sync(0xffffffffu, int(threadIdx.x) * 5, lane_mask);
}

int main() {
    for (int lane_mask : {0, 1, 2, 4, 8, 16, 31}) {
        Device<int> out(96);
        exchange<<<1, 96>>>(out, lane_mask);
        std::vector<int> want(96);
        for (int t = 0; t < 96; t++) want[t] = (t ^ lane_mask) * 5;
        expect_all(("xor " + std::to_string(lane_mask)).c_str(), out.read(), want);
    }
    return finish();
}
