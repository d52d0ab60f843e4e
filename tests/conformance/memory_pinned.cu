// Point: page-locked host memory: allocated, registered, and mapped into the device's view.
// Rule: cudaHostGetDevicePointer gives an address at which kernels read and write the host memory.
#include "check.h"

__global__ void add(int* values, int amount) { values[threadIdx.x] += amount; }

int main() {
    int *pinned = nullptr, *mapped = nullptr;
    must(cudaHostAlloc(&pinned, 32 * sizeof(int), cudaHostAllocMapped));
    for (int i = 0; i < 32; i++) pinned[i] = i;
    must(cudaHostGetDevicePointer(&mapped, pinned, 0));
    add<<<1, 32>>>(mapped, 100);
    kernels_done();
    std::vector<int> want(32);
    for (int i = 0; i < 32; i++) want[i] = i + 100;
    expect_all("mapped", std::vector<int>(pinned, pinned + 32), want);

    std::vector<int> plain(32, 7);
    must(cudaHostRegister(plain.data(), 32 * sizeof(int), cudaHostRegisterMapped));
    must(cudaHostGetDevicePointer(&mapped, plain.data(), 0));
    add<<<1, 32>>>(mapped, 1);
    kernels_done();
    must(cudaHostUnregister(plain.data()));
    expect_all("registered", plain, std::vector<int>(32, 8));
    must(cudaFreeHost(pinned));
    return finish();
}
