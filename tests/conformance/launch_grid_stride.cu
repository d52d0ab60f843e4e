// Point: a grid-stride loop covers any count with any grid.
// Rule: gridDim.x * blockDim.x is the number of threads in a 1D launch.
#include "check.h"

__global__ void scale(const float* in, float* out, int count) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) out[i] = in[i] * 3;
}

int main() {
    std::vector<float> values(1000), want(1000);
    for (int i = 0; i < 1000; i++) want[i] = 3 * (values[i] = float(i % 50));
    for (int blocks : {1, 3, 16}) {
        Device<float> in(values), out(1000);
        scale<<<blocks, 96>>>(in, out, 1000);
        expect_all(("blocks " + std::to_string(blocks)).c_str(), out.read(), want);
    }
    return finish();
}
