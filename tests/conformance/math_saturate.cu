// Point: __saturatef clamps to [0, 1].
// Rule: below 0 gives +0, above 1 gives 1, NaN gives +0.
#include "check.h"

__global__ void clamp(const float* in, float* out) { out[threadIdx.x] = __saturatef(in[threadIdx.x]); }

int main() {
    Device<float> in(std::vector<float>{-1, 0, 0.25f, 1, 2, INFINITY, -INFINITY, NAN}), out(8);
    clamp<<<1, 8>>>(in, out);
    expect_all("clamped", out.read(), {0.0f, 0.0f, 0.25f, 1.0f, 1.0f, 1.0f, 0.0f, 0.0f});
    return finish();
}
