// Point: tex1Dfetch from linear memory.
// Rule: an integer index reads that element; outside the range it gives 0.
// Only: cuda gfx1100 - gfx942 has no image instructions.
#include "check.h"

__global__ void fetch(cudaTextureObject_t texture, int count, float* out) {
    int t = threadIdx.x;
    out[t] = tex1Dfetch<float>(texture, count - 1 - t);
}

int main() {
    std::vector<float> values(50), want(50);
    for (int t = 0; t < 50; t++) want[49 - t] = values[t] = t * 1.5f;
    Device<float> in(values), out(50);
    cudaResourceDesc resource = {};
    resource.resType = cudaResourceTypeLinear;
    resource.res.linear.devPtr = in.data;
    resource.res.linear.desc = cudaCreateChannelDesc<float>();
    resource.res.linear.sizeInBytes = 50 * sizeof(float);
    cudaTextureDesc how = {};
    how.readMode = cudaReadModeElementType;
    cudaTextureObject_t texture = 0;
    must(cudaCreateTextureObject(&texture, &resource, &how, nullptr));
    fetch<<<1, 50>>>(texture, 50, out);
    expect_all("fetched", out.read(), want);
    must(cudaDestroyTextureObject(texture));
    return finish();
}
