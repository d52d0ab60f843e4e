// Point: votes of the lanes that are left after others returned.
// Rule: only lanes in the mask count, and those that exited are not in it.
#include "check.h"

__global__ void votes(unsigned* out) {
    int t = threadIdx.x, lane = t % 32;
    if (lane >= 24) return;
    out[t] = __ballot_sync(0x00ffffffu, lane % 4 == 1);
    out[t] += __all_sync(0x00ffffffu, lane < 24) ? 0x80000000u : 0;
}

int main() {
    Device<unsigned> out(64);
    votes<<<1, 64>>>(out);
    std::vector<unsigned> want(64);
    for (int t = 0; t < 64; t++) want[t] = t % 32 < 24 ? 0x80222222u : 0;  // bits 1, 5, .. 21
    expect_all("ballot of 24", out.read(), want);
    return finish();
}
