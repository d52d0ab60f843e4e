// Point: loads and stores with cache hints, and fences, by inline PTX.
// Rule: ld.global.nc, ld.global.cg and st.global.cs move the same values as plain accesses.
#include "check.h"

__global__ void copy(const float* in, float* out, volatile int* flag) {
    int t = threadIdx.x;
    float a, b;
    asm volatile("ld.global.nc.f32 %0, [%1];" : "=f"(a) : "l"(in + t));
    asm volatile("ld.global.cg.f32 %0, [%1];" : "=f"(b) : "l"(in + 31 - t));
    asm volatile("st.global.cs.f32 [%0], %1;" : : "l"(out + t), "f"(a * 100 + b) : "memory");
    asm volatile("membar.gl;" ::: "memory");
    if (t == 0) *flag = 1;
}

int main() {
    std::vector<float> values(32), want(32);
    for (int t = 0; t < 32; t++) values[t] = float(t);
    for (int t = 0; t < 32; t++) want[t] = t * 100.0f + 31 - t;
    Device<float> in(values), out(32);
    Device<int> flag(1);
    copy<<<1, 32>>>(in, out, flag.data);
    expect_all("copied", out.read(), want);
    expect("flag", flag.read()[0], 1);
    return finish();
}
