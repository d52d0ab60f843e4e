// Point: loads and stores of whole vectors through reinterpreted pointers.
// Rule: a float4 at an address aligned to 16 is four floats in order.
#include "check.h"

__global__ void scale(const float* in, float* out) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    float4 v = reinterpret_cast<const float4*>(in)[t];
    v = make_float4(v.w, v.z, v.y, v.x);
    reinterpret_cast<float4*>(out)[t] = v;
    int2 halves = *reinterpret_cast<const int2*>(&v);
    if (t == 3) reinterpret_cast<int2*>(out)[7] = halves;
}

int main() {
    std::vector<float> values(256), want(256);
    for (int i = 0; i < 256; i++) values[i] = float(i);
    for (int i = 0; i < 256; i++) want[i] = float(i / 4 * 4 + 3 - i % 4);
    want[14] = 15;  // thread 3 overwrites its own .zw with its .xy
    want[15] = 14;
    Device<float> in(values), out(256);
    scale<<<2, 32>>>(in, out);
    expect_all("reversed quads", out.read(), want);
    return finish();
}
