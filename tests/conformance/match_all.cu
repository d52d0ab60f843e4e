// Point: __match_all_sync where each warp of 32 agrees on a value of its own.
// Rule: the mask and true where all lanes of the mask passed the same value; another warp's value does not matter.
#include "check.h"

__global__ void agree(unsigned* out, int* flags) {
    int t = threadIdx.x, flag = -1;
    out[t] = __match_all_sync(0xffffffffu, t / 32 * 3, &flag);
    flags[t] = flag != 0;
}

int main() {
    Device<unsigned> out(96);
    Device<int> flags(96);
    agree<<<1, 96>>>(out, flags);
    expect_all("masks", out.read(), std::vector<unsigned>(96, 0xffffffffu));
    expect_all("flags", flags.read(), std::vector<int>(96, 1));
    return finish();
}
