// Point: hints about managed memory: where it should be and who reads it.
// Rule: prefetching and advice never change what a program computes.
#include "check.h"

__global__ void add(int* values, int count) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) values[i] += i;
}

int main() {
    const int count = 3000;
    int device = 0;
    int* values = nullptr;
    must(cudaGetDevice(&device));
    must(cudaMallocManaged(&values, count * sizeof(int)));
    for (int i = 0; i < count; i++) values[i] = 10;
#if CUDART_VERSION >= 13000
    cudaMemLocation there = {cudaMemLocationTypeDevice, device}, here = {cudaMemLocationTypeHost, 0};
    must(cudaMemAdvise(values, count * sizeof(int), cudaMemAdviseSetPreferredLocation, there), "advice");
    must(cudaMemPrefetchAsync(values, count * sizeof(int), there, 0, 0), "prefetch");
    add<<<12, 256>>>(values, count);
    must(cudaMemPrefetchAsync(values, count * sizeof(int), here, 0, 0), "prefetch");
#else
    must(cudaMemAdvise(values, count * sizeof(int), cudaMemAdviseSetPreferredLocation, device), "advice");
    must(cudaMemPrefetchAsync(values, count * sizeof(int), device, 0), "prefetch");
    add<<<12, 256>>>(values, count);
    must(cudaMemPrefetchAsync(values, count * sizeof(int), cudaCpuDeviceId, 0), "prefetch");
#endif
    kernels_done();
    std::vector<int> want(count);
    for (int i = 0; i < count; i++) want[i] = 10 + i;
    expect_all("sums", std::vector<int>(values, values + count), want);
    must(cudaFree(values));
    return finish();
}
