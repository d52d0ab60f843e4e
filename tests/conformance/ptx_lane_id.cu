// Point: lane number and lane masks from PTX special registers.
// Rule: %laneid is the lane in the warp of 32; %lanemask_lt has the bits below it, %lanemask_ge the rest.
#include "check.h"

__global__ void registers(unsigned* out) {
    unsigned lane, lower, upper, t = threadIdx.x;
    asm volatile("mov.u32 %0, %%laneid;" : "=r"(lane));
    asm volatile("mov.u32 %0, %%lanemask_lt;" : "=r"(lower));
    asm volatile("mov.u32 %0, %%lanemask_ge;" : "=r"(upper));
    out[t * 3] = lane;
    out[t * 3 + 1] = lower;
    out[t * 3 + 2] = upper;
}

int main() {
    Device<unsigned> out(96 * 3);
    registers<<<1, 96>>>(out);
    std::vector<unsigned> want(96 * 3);
    for (int t = 0; t < 96; t++) {
        want[t * 3] = t % 32;
        want[t * 3 + 1] = (1u << (t % 32)) - 1;
        want[t * 3 + 2] = ~want[t * 3 + 1];
    }
    expect_all("registers", out.read(), want);
    return finish();
}
