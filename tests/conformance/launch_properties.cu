// Point: device properties that portable code relies on.
// Rule: a block may have 1024 threads and at least 48 KiB of shared memory; attributes agree with the properties.
#include "check.h"

int main() {
    cudaDeviceProp about;
    must(cudaGetDeviceProperties(&about, 0));
    expect("threads a block", about.maxThreadsPerBlock, 1024);
    expect("block x", about.maxThreadsDim[0], 1024);
    expect("shared memory", about.sharedMemPerBlock >= 48 * 1024, true);
    expect("multiprocessors", about.multiProcessorCount >= 1, true);
    expect("memory", about.totalGlobalMem > 0, true);
    expect("named", about.name[0] != 0, true);
    int attribute = 0;
    must(cudaDeviceGetAttribute(&attribute, cudaDevAttrMultiProcessorCount, 0));
    expect("attribute agrees", attribute == about.multiProcessorCount, true);
    must(cudaDeviceGetAttribute(&attribute, cudaDevAttrMaxThreadsPerBlock, 0));
    expect("threads agree", attribute, 1024);
    size_t free_bytes = 0, total_bytes = 0;
    must(cudaMemGetInfo(&free_bytes, &total_bytes));
    expect("free at most total", free_bytes <= total_bytes, true);
    return finish();
}
