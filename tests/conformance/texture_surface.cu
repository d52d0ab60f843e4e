// Point: a surface written by one kernel and read by another.
// Rule: the x coordinate of surface reads and writes is in bytes.
// Only: cuda gfx1100 - gfx942 has no image instructions.
#include "check.h"

__global__ void fill(cudaSurfaceObject_t surface) {
    int x = threadIdx.x, y = threadIdx.y;
    surf2Dwrite(float(y * 10 + x), surface, x * int(sizeof(float)), y);
}

__global__ void copy(cudaSurfaceObject_t surface, float* out) {
    int x = threadIdx.x, y = threadIdx.y;
    float value;
    surf2Dread(&value, surface, x * int(sizeof(float)), y);
    out[y * 8 + x] = value * 2;
}

int main() {
    cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
    cudaArray_t array;
    must(cudaMallocArray(&array, &format, 8, 4, cudaArraySurfaceLoadStore));
    cudaResourceDesc resource = {};
    resource.resType = cudaResourceTypeArray;
    resource.res.array.array = array;
    cudaSurfaceObject_t surface = 0;
    must(cudaCreateSurfaceObject(&surface, &resource));
    Device<float> out(32);
    fill<<<1, dim3(8, 4)>>>(surface);
    copy<<<1, dim3(8, 4)>>>(surface, out);
    std::vector<float> want(32);
    for (int i = 0; i < 32; i++) want[i] = 2.0f * (i / 8 * 10 + i % 8);
    expect_all("copied", out.read(), want);
    must(cudaDestroySurfaceObject(surface));
    must(cudaFreeArray(array));
    return finish();
}
