// Point: normalised coordinates with wrapping, and bytes read as fractions.
// Rule: coordinates run from 0 to 1 over the texture and repeat; with cudaReadModeNormalizedFloat a byte b reads as b/255.
// Only: cuda gfx1100 - gfx942 has no image instructions.
#include "check.h"

__global__ void sample(cudaTextureObject_t texture, float* out) {
    int t = threadIdx.x;
    out[t] = tex2D<float>(texture, (t + 0.5f) / 8 - 2.0f, 0.125f);
}

int main() {
    const int width = 8, height = 4;
    std::vector<unsigned char> values(width * height);
    for (int i = 0; i < width * height; i++) values[i] = (unsigned char)(i * 8);
    cudaChannelFormatDesc format = cudaCreateChannelDesc<unsigned char>();
    cudaArray_t array;
    must(cudaMallocArray(&array, &format, width, height));
    must(cudaMemcpy2DToArray(array, 0, 0, values.data(), width, width, height, cudaMemcpyHostToDevice));
    cudaResourceDesc resource = {};
    resource.resType = cudaResourceTypeArray;
    resource.res.array.array = array;
    cudaTextureDesc how = {};
    how.addressMode[0] = how.addressMode[1] = cudaAddressModeWrap;
    how.filterMode = cudaFilterModePoint;
    how.readMode = cudaReadModeNormalizedFloat;
    how.normalizedCoords = 1;
    cudaTextureObject_t texture = 0;
    must(cudaCreateTextureObject(&texture, &resource, &how, nullptr));
    Device<float> out(32);
    sample<<<1, 32>>>(texture, out);
    std::vector<float> got = out.read();
    double worst = 0;
    for (int t = 0; t < 32; t++) worst = std::fmax(worst, std::fabs(got[t] - values[t % 8] / 255.0));
    expect("within half a step of 2^-23", worst < 1.2e-7, true);
    must(cudaDestroyTextureObject(texture));
    must(cudaFreeArray(array));
    return finish();
}
