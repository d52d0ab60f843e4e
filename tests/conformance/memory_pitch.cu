// Point: pitched allocation and 2D copies between different pitches.
// Rule: cudaMemcpy2D copies `height` rows of `width` bytes; bytes between width and pitch are not touched.
#include "check.h"

__global__ void scale(char* base, size_t pitch, int width, int height) {
    int x = threadIdx.x, y = blockIdx.x;
    float* row = reinterpret_cast<float*>(base + y * pitch);
    if (x < width && y < height) row[x] *= 2;
}

int main() {
    const int width = 13, height = 9, host_pitch = 20;
    std::vector<float> host(host_pitch * height, -1.0f), want;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) host[y * host_pitch + x] = float(y * 100 + x);
    want = host;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) want[y * host_pitch + x] *= 2;
    char* device = nullptr;
    size_t pitch = 0;
    must(cudaMallocPitch(&device, &pitch, width * sizeof(float), height));
    expect("pitch is enough", pitch >= width * sizeof(float), true);
    must(cudaMemcpy2D(device, pitch, host.data(), host_pitch * sizeof(float), width * sizeof(float), height,
                      cudaMemcpyHostToDevice));
    scale<<<height, 32>>>(device, pitch, width, height);
    kernels_done();
    must(cudaMemcpy2D(host.data(), host_pitch * sizeof(float), device, pitch, width * sizeof(float), height,
                      cudaMemcpyDeviceToHost));
    expect_all("rows", host, want);
    must(cudaFree(device));
    return finish();
}
