// Point: only the lower 16 lanes of each warp enter a branch and reduce there.
// Rule: the mask names exactly the lanes that call; widths of 16 keep the exchange inside them.
#include "check.h"

__global__ void lower_half(int* out) {
    int lane = threadIdx.x % 32;
    int value = threadIdx.x + 1;
    if (lane < 16) {
        for (int offset = 8; offset > 0; offset /= 2) value += __shfl_down_sync(0x0000ffffu, value, offset, 16);
    }
    out[threadIdx.x] = lane == 0 || lane >= 16 ? value : 0;
}

int main() {
    Device<int> out(96);
    lower_half<<<1, 96>>>(out);
    std::vector<int> want(96);
    for (int t = 0; t < 96; t++) {
        if (t % 32 == 0) {
            for (int i = 0; i < 16; i++) want[t] += t + i + 1;
        } else if (t % 32 >= 16) {
            want[t] = t + 1;
        }
    }
    expect_all("sums of 16", out.read(), want);
    return finish();
}
