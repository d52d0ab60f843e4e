// Point: a reduction of pairs (value and index), ties to the lower index, over a warp of 32.
// Rule: two shuffles at the same place move both parts of a pair from the same lane.
#include "check.h"

__global__ void argmax(const float* in, int* out) {
    int t = threadIdx.x, index = t;
    float value = in[t];
    for (int offset = 16; offset > 0; offset /= 2) {
        float other = __shfl_down_sync(0xffffffffu, value, offset);
        int where = __shfl_down_sync(0xffffffffu, index, offset);
        if (other > value || (other == value && where < index)) {
            value = other;
            index = where;
        }
    }
    if (t % 32 == 0) out[t / 32] = index;
}

int main() {
    std::vector<float> values(192);
    std::vector<int> want(6);
    for (int t = 0; t < 192; t++) values[t] = float((t * 53 + 7) % 23);
    for (int warp = 0; warp < 6; warp++) {
        want[warp] = warp * 32;
        for (int t = warp * 32; t < warp * 32 + 32; t++)
            if (values[t] > values[want[warp]]) want[warp] = t;
    }
    Device<float> in(values);
    Device<int> out(6);
    argmax<<<1, 192>>>(in, out);
    expect_all("argmax", out.read(), want);
    return finish();
}
