// Point: __shfl_xor_sync with a width below 32 and a mask that leaves the group.
// Rule: a lane may read from an earlier group of `width` lanes; a source in a later group gives the lane its own value.
#include "check.h"

__global__ void exchange(int* out, int lane_mask) {
    out[threadIdx.x] = __shfl_xor_sync(0xffffffffu, int(threadIdx.x), lane_mask, 8);
}

int main() {
    for (int lane_mask : {3, 7, 8, 12, 24}) {
        Device<int> out(64);
        exchange<<<1, 64>>>(out, lane_mask);
        std::vector<int> want(64);
        for (int t = 0; t < 64; t++) {
            int lane = t % 32, source = lane ^ lane_mask;
            bool later = source >= (lane / 8 + 1) * 8;
            want[t] = t - lane + (later ? lane : source);
        }
        expect_all(("xor " + std::to_string(lane_mask)).c_str(), out.read(), want);
    }
    return finish();
}
