// Point: a 2D texture of an array with point and linear filtering, clamped.
// Rule: without normalised coordinates texel (i, j) has its centre at (i + 0.5, j + 0.5); linear filtering mixes the four
// around with weights of 8 fractional bits; coordinates outside are clamped to the edge.
// Only: cuda gfx1100 - gfx942 has no image instructions.
#include "check.h"

__global__ void sample(cudaTextureObject_t texture, const float2* at, float* out) {
    float2 p = at[threadIdx.x];
    out[threadIdx.x] = tex2D<float>(texture, p.x, p.y);
}

const int width = 8, height = 4;

float texel(int x, int y) {
    x = x < 0 ? 0 : x >= width ? width - 1 : x;
    y = y < 0 ? 0 : y >= height ? height - 1 : y;
    return float(y * 100 + x * x);
}

int main() {
    std::vector<float> values(width * height);
    for (int i = 0; i < width * height; i++) values[i] = texel(i % width, i / width);
    cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
    cudaArray_t array;
    must(cudaMallocArray(&array, &format, width, height));
    must(cudaMemcpy2DToArray(array, 0, 0, values.data(), width * sizeof(float), width * sizeof(float), height,
                             cudaMemcpyHostToDevice));
    std::vector<float2> at;
    for (int i = 0; i < 40; i++) at.push_back(make_float2(-1.5f + i * 0.25f, 4.75f - i * 0.25f));  // weights of quarters: exact
    Device<float2> in(at);
    Device<float> out(40);
    cudaResourceDesc resource = {};
    resource.resType = cudaResourceTypeArray;
    resource.res.array.array = array;
    for (bool linear : {false, true}) {
        cudaTextureDesc how = {};
        how.addressMode[0] = how.addressMode[1] = cudaAddressModeClamp;
        how.filterMode = linear ? cudaFilterModeLinear : cudaFilterModePoint;
        how.readMode = cudaReadModeElementType;
        cudaTextureObject_t texture = 0;
        must(cudaCreateTextureObject(&texture, &resource, &how, nullptr));
        sample<<<1, 40>>>(texture, in, out);
        std::vector<float> want(40);
        for (int i = 0; i < 40; i++) {
            float x = at[i].x, y = at[i].y;
            if (linear) {
                float left = std::floor(x - 0.5f), top = std::floor(y - 0.5f), a = x - 0.5f - left, b = y - 0.5f - top;
                int u = int(left), v = int(top);
                want[i] = (1 - a) * (1 - b) * texel(u, v) + a * (1 - b) * texel(u + 1, v) + (1 - a) * b * texel(u, v + 1) +
                          a * b * texel(u + 1, v + 1);
            } else {
                want[i] = texel(int(std::floor(x)), int(std::floor(y)));
            }
        }
        expect_all(linear ? "linear" : "point", out.read(), want);
        must(cudaDestroyTextureObject(texture));
    }
    must(cudaFreeArray(array));
    return finish();
}
