// Point: events measure a time that is not negative, and only once recorded.
// Rule: cudaEventElapsedTime gives milliseconds between two completed events; an event never recorded is an error.
#include "check.h"

__global__ void work(int* out) { atomicAdd(out, 1); }

int main() {
    Device<int> out(1);
    cudaEvent_t start, stop, never;
    must(cudaEventCreate(&start));
    must(cudaEventCreate(&stop));
    must(cudaEventCreate(&never));
    must(cudaEventRecord(start));
    work<<<8, 64>>>(out);
    must(cudaEventRecord(stop));
    must(cudaEventSynchronize(stop));
    float elapsed = -1;
    must(cudaEventElapsedTime(&elapsed, start, stop));
    expect("not negative", elapsed >= 0, true);
    expect("never recorded", cudaEventElapsedTime(&elapsed, start, never) != cudaSuccess, true);
    cudaGetLastError();
    expect("work", out.read()[0], 512);
    return finish();
}
