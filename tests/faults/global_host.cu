// Point: a kernel reads memory of the host that was never registered.
// Rule: ordinary host memory is not the device's.
// Reports: out-of-bounds a cuda hip
#include "faults.h"

__global__ void copy(const int* in, int* out) {
    out[threadIdx.x] = in[threadIdx.x];  // at a
}

int main() {
    std::vector<int> host(4096, 5);
    if (correct()) cudaHostRegister(host.data(), host.size() * sizeof(int), cudaHostRegisterDefault);
    copy<<<1, 64>>>(host.data(), fresh<int>(64));
    return finish();
}
