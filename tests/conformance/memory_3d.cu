// Point: cudaMalloc3D and cudaMemcpy3D of a box.
// Rule: element (x, y, z) lies at z * pitch * ysize + y * pitch + x * size; the extent's width is in bytes here.
#include "check.h"

__global__ void visit(cudaPitchedPtr box, int height) {
    int x = threadIdx.x, y = threadIdx.y, z = blockIdx.x;
    char* row = static_cast<char*>(box.ptr) + z * box.pitch * height + y * box.pitch;
    reinterpret_cast<int*>(row)[x] += 1000;
}

int main() {
    const int width = 5, height = 4, depth = 3;
    std::vector<int> host(width * height * depth), want(host.size());
    for (size_t i = 0; i < host.size(); i++) want[i] = (host[i] = int(i)) + 1000;
    cudaExtent extent = make_cudaExtent(width * sizeof(int), height, depth);
    cudaPitchedPtr box;
    must(cudaMalloc3D(&box, extent));
    cudaMemcpy3DParms copy = {};
    copy.srcPtr = make_cudaPitchedPtr(host.data(), width * sizeof(int), width, height);
    copy.dstPtr = box;
    copy.extent = extent;
    copy.kind = cudaMemcpyHostToDevice;
    must(cudaMemcpy3D(&copy));
    visit<<<depth, dim3(width, height)>>>(box, height);
    kernels_done();
    copy.dstPtr = copy.srcPtr;
    copy.srcPtr = box;
    copy.kind = cudaMemcpyDeviceToHost;
    must(cudaMemcpy3D(&copy));
    expect_all("box", host, want);
    must(cudaFree(box.ptr));
    return finish();
}
