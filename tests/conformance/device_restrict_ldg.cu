// Point: read-only loads (__ldg) and restrict pointers read what plain loads read.
// Rule: __ldg is a load through the read-only path; for data that does not change it equals *p.
#include "check.h"

__global__ void loads(const float* __restrict__ in, const int4* quads, float* __restrict__ out, int* sums) {
    int t = threadIdx.x;
    out[t] = __ldg(&in[63 - t]) + __ldg(in);
    int4 quad = __ldg(&quads[t]);
    sums[t] = quad.x + 2 * quad.y + 3 * quad.z + 4 * quad.w;
}

int main() {
    std::vector<float> values(64), want(64);
    std::vector<int4> quads(64);
    std::vector<int> want_sums(64);
    for (int t = 0; t < 64; t++) {
        values[t] = t + 0.5f;
        quads[t] = make_int4(t, t + 1, t * 2, -t);
        want[t] = (63 - t) + 0.5f + 0.5f;
        want_sums[t] = t + 2 * (t + 1) + 6 * t - 4 * t;
    }
    Device<float> in(values), out(64);
    Device<int4> quads_in(quads);
    Device<int> sums(64);
    loads<<<1, 64>>>(in, quads_in, out, sums);
    expect_all("floats", out.read(), want);
    expect_all("quads", sums.read(), want_sums);
    return finish();
}
