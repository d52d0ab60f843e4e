// Point: managed memory, read and written by both sides.
// Rule: after a synchronisation, host and device see each other's writes at the same address.
#include "check.h"

__global__ void work(int* values) { values[threadIdx.x] *= 3; }

int main() {
    int* values = nullptr;
    must(cudaMallocManaged(&values, 64 * sizeof(int)));
    std::vector<int> want(64);
    for (int i = 0; i < 64; i++) want[i] = 3 * (values[i] = i);
    work<<<1, 64>>>(values);
    kernels_done();
    expect_all("values", std::vector<int>(values, values + 64), want);
    for (int i = 0; i < 64; i++) want[i] = 3 * (values[i] = -i);
    work<<<1, 64>>>(values);
    kernels_done();
    expect_all("again", std::vector<int>(values, values + 64), want);
    must(cudaFree(values));
    return finish();
}
