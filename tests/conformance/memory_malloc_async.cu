// Point: stream-ordered allocation.
// Rule: memory from cudaMallocAsync may be used by work that follows in the stream until its cudaFreeAsync.
#include "check.h"

__global__ void fill(int* values, int base) { values[threadIdx.x] = base + threadIdx.x; }

int main() {
    cudaStream_t stream;
    must(cudaStreamCreate(&stream));
    std::vector<int> got(64), want(64);
    int* values = nullptr;
    must(cudaMallocAsync(&values, 64 * sizeof(int), stream));
    fill<<<1, 64, 0, stream>>>(values, 500);
    must(cudaMemcpyAsync(got.data(), values, 64 * sizeof(int), cudaMemcpyDeviceToHost, stream));
    must(cudaFreeAsync(values, stream));
    must(cudaStreamSynchronize(stream));
    for (int i = 0; i < 64; i++) want[i] = 500 + i;
    expect_all("values", got, want);
    must(cudaStreamDestroy(stream));
    return finish();
}
