// Point: rounded and approximate float operations by inline PTX.
// Rule: fma.rn rounds once; ex2.approx and rcp.approx are within 2 units; min.f32 drops NaN; cvt.rni rounds to even.
#include "check.h"

__global__ void compute(float* out, int* near) {
    int t = threadIdx.x;
    float x = 1.0f + t * 0.1f, r;
    asm("fma.rn.f32 %0, %1, %2, %3;" : "=f"(r) : "f"(x), "f"(x), "f"(0.5f));
    out[t * 2] = r - fmaf(x, x, 0.5f);
    asm("ex2.approx.f32 %0, %1;" : "=f"(r) : "f"(x));
    near[t * 2] = fabsf(r - exp2f(x)) <= 1e-6f * exp2f(x);
    asm("rcp.approx.f32 %0, %1;" : "=f"(r) : "f"(x));
    near[t * 2 + 1] = fabsf(r * x - 1) <= 1e-6f;
    asm("min.f32 %0, %1, %2;" : "=f"(r) : "f"(nanf("")), "f"(x));
    out[t * 2 + 1] = r - x;
}

int main() {
    Device<float> out(32);
    Device<int> near(32);
    compute<<<1, 16>>>(out, near);
    expect_all("differences", out.read(), std::vector<float>(32, 0.0f));
    expect_all("within bounds", near.read(), std::vector<int>(32, 1));
    return finish();
}
