// Point: cudaLaunchKernel with an argument array, and cudaFuncGetAttributes.
// Rule: args[i] points to the i-th argument's value; the function is named by its host symbol.
#include "check.h"

__global__ void affine(const int* in, int* out, int scale, long long shift) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    out[t] = int(in[t] * scale + shift);
}

int main() {
    std::vector<int> values(64), want(64);
    for (int i = 0; i < 64; i++) want[i] = (values[i] = i) * -3 + 1000;
    Device<int> in(values), out(64);
    int scale = -3;
    long long shift = 1000;
    void* args[] = {&in.data, &out.data, &scale, &shift};
    must(cudaLaunchKernel((const void*)affine, dim3(2), dim3(32), args, 0, nullptr));
    expect_all("launched", out.read(), want);
    cudaFuncAttributes about;
    must(cudaFuncGetAttributes(&about, affine));
    expect("threads a block", about.maxThreadsPerBlock >= 64, true);
    expect("static shared", about.sharedSizeBytes, size_t(0));
    return finish();
}
