// Point: sinpi, cospi, sincospi and sincos.
// Rule: sinpi(x) is sin(pi x), exact at multiples of one half.
#include "check.h"

__global__ void turns(float* out, float* both) {
    int t = threadIdx.x;
    float x = (t - 8) * 0.5f;
    out[t * 2] = sinpif(x);
    out[t * 2 + 1] = cospif(x);
    float s, c;
    sincospif(x, &s, &c);
    both[t * 4] = fabsf(s - sinpif(x));
    both[t * 4 + 1] = fabsf(c - cospif(x));
    sincosf(x, &s, &c);
    both[t * 4 + 2] = fabsf(s - sinf(x)) <= 1e-6f ? 0.0f : 1.0f;
    both[t * 4 + 3] = fabsf(c - cosf(x)) <= 1e-6f ? 0.0f : 1.0f;
}

int main() {
    Device<float> out(32), both(64);
    turns<<<1, 16>>>(out, both);
    std::vector<float> got = out.read(), want(32);
    const float sines[4] = {0, 1, 0, -1}, cosines[4] = {1, 0, -1, 0};
    for (int t = 0; t < 16; t++) {
        got[t * 2] += 0.0f;  // -0 and 0 are both right at whole numbers
        got[t * 2 + 1] += 0.0f;
        want[t * 2] = sines[t % 4];
        want[t * 2 + 1] = cosines[t % 4];
    }
    expect_all("at halves", got, want);
    expect_all("agree", both.read(), std::vector<float>(64, 0.0f));
    return finish();
}
