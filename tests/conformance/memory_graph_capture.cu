// Point: a captured stream becomes a graph: nothing runs while capturing, everything at each launch.
// Rule: between begin and end of the capture calls are recorded, not executed.
#include "check.h"

__global__ void add(int* values, int amount) { values[threadIdx.x] += amount; }

int main() {
    Device<int> values(32);
    std::vector<int> host(32, -1);
    cudaStream_t stream;
    cudaGraph_t graph;
    cudaGraphExec_t runnable;
    must(cudaStreamCreate(&stream));
    must(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
    add<<<1, 32, 0, stream>>>(values, 5);
    add<<<1, 32, 0, stream>>>(values, 2);
    must(cudaMemcpyAsync(host.data(), values, 32 * sizeof(int), cudaMemcpyDeviceToHost, stream));
    must(cudaStreamEndCapture(stream, &graph));
    expect("not run yet", host[0], -1);
    must(cudaGraphInstantiate(&runnable, graph, 0));
    for (int launch = 1; launch <= 3; launch++) {
        must(cudaGraphLaunch(runnable, stream));
        must(cudaStreamSynchronize(stream));
        expect_all(("launch " + std::to_string(launch)).c_str(), host, std::vector<int>(32, 7 * launch));
    }
    must(cudaGraphExecDestroy(runnable));
    must(cudaGraphDestroy(graph));
    must(cudaStreamDestroy(stream));
    return finish();
}
