// Point: what the runtime says about device, host and managed addresses.
// Rule: the attribute's type tells where the memory belongs; kernels may use the device pointer given.
#include "check.h"

int main() {
    Device<int> device(4);
    int *pinned = nullptr, *managed = nullptr;
    must(cudaMallocHost(&pinned, 16));
    must(cudaMallocManaged(&managed, 16));
    cudaPointerAttributes about;
    must(cudaPointerGetAttributes(&about, device.data));
    expect("device", about.type == cudaMemoryTypeDevice, true);
    expect("same address", about.devicePointer == device.data, true);
    must(cudaPointerGetAttributes(&about, pinned));
    expect("host", about.type == cudaMemoryTypeHost, true);
    must(cudaPointerGetAttributes(&about, managed));
    expect("managed", about.type == cudaMemoryTypeManaged, true);
    must(cudaFreeHost(pinned));
    must(cudaFree(managed));
    return finish();
}
