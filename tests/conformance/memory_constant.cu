// Point: __constant__ arrays, set with cudaMemcpyToSymbol, whole and from an offset.
// Rule: the copy takes a byte count and a byte offset in the symbol; kernels launched after it see the new values.
#include "check.h"

__constant__ float weights[16] = {1.0f, 2.0f};
__constant__ int bias;

__global__ void apply(float* out) { out[threadIdx.x] = weights[threadIdx.x] * 10 + bias; }

int main() {
    Device<float> out(16);
    apply<<<1, 16>>>(out);
    std::vector<float> want(16);
    want[0] = 10;
    want[1] = 20;
    expect_all("initial", out.read(), want);

    std::vector<float> values(16);
    for (int i = 0; i < 16; i++) values[i] = i * 0.5f;
    int seven = 7;
    must(cudaMemcpyToSymbol(weights, values.data(), 16 * sizeof(float)));
    must(cudaMemcpyToSymbol(bias, &seven, sizeof seven));
    float patch[2] = {100, 200};
    must(cudaMemcpyToSymbol(weights, patch, sizeof patch, 4 * sizeof(float), cudaMemcpyHostToDevice));
    apply<<<1, 16>>>(out);
    for (int i = 0; i < 16; i++) want[i] = (i == 4 ? 100 : i == 5 ? 200 : i * 0.5f) * 10 + 7;
    expect_all("set", out.read(), want);
    return finish();
}
