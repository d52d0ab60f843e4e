// Point: copies and kernels on several streams, ordered by events.
// Rule: work on one stream runs in the order of issue; a stream that waits for an event runs after what was recorded.
#include "check.h"

__global__ void twice_plus(const int* in, int* out, int add) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    out[i] = in[i] * 2 + add;
}

int main() {
    const int count = 512;
    int* host = nullptr;
    must(cudaMallocHost(&host, count * sizeof(int)));
    for (int i = 0; i < count; i++) host[i] = i;
    Device<int> a(count), b(count), c(count);
    cudaStream_t first, second;
    cudaEvent_t ready;
    must(cudaStreamCreate(&first));
    must(cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking));
    must(cudaEventCreateWithFlags(&ready, cudaEventDisableTiming));
    must(cudaMemcpyAsync(a, host, count * sizeof(int), cudaMemcpyHostToDevice, first));
    twice_plus<<<4, 128, 0, first>>>(a, b, 1);
    must(cudaEventRecord(ready, first));
    must(cudaStreamWaitEvent(second, ready, 0));
    twice_plus<<<4, 128, 0, second>>>(b, c, 3);
    must(cudaMemcpyAsync(host, c, count * sizeof(int), cudaMemcpyDeviceToHost, second));
    must(cudaStreamSynchronize(second));
    expect("event done", cudaEventQuery(ready) == cudaSuccess, true);
    expect("stream done", cudaStreamQuery(second) == cudaSuccess, true);
    std::vector<int> want(count);
    for (int i = 0; i < count; i++) want[i] = (i * 2 + 1) * 2 + 3;
    expect_all("chain", std::vector<int>(host, host + count), want);
    must(cudaEventDestroy(ready));
    must(cudaStreamDestroy(first));
    must(cudaStreamDestroy(second));
    must(cudaFreeHost(host));
    return finish();
}
