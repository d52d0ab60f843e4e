// Point: whether all lanes agree, composed of two votes.
// Rule: all(p) or not any(p), for the lanes of the mask.
#include "check.h"

__global__ void agree(const int* in, int* out) {
    int t = threadIdx.x;
    int value = in[t];
    bool yes = __all_sync(0xffffffffu, value) || !__any_sync(0xffffffffu, value);
    out[t] = yes;
}

int main() {
    std::vector<int> values(128), want(128);
    for (int t = 0; t < 128; t++) {
        int warp = t / 32;
        values[t] = warp == 0 ? 1 : warp == 1 ? 0 : warp == 2 ? t % 2 : 4;
        want[t] = warp != 2;
    }
    Device<int> in(values), out(128);
    agree<<<1, 128>>>(in, out);
    expect_all("uniform", out.read(), want);
    return finish();
}
