// Point: a graph built of nodes with dependencies: memset, two kernels.
// Rule: a node runs after the nodes that it depends on.
#include "check.h"

__global__ void add(int* values, int amount) { values[threadIdx.x] += amount; }
__global__ void triple(int* values) { values[threadIdx.x] *= 3; }

int main() {
    Device<int> values(std::vector<int>(16, 99));
    cudaGraph_t graph;
    cudaGraphNode_t clear, first, second;
    must(cudaGraphCreate(&graph, 0));
    cudaMemsetParams fill = {};
    fill.dst = values.data;
    fill.value = 0;
    fill.elementSize = 4;
    fill.width = 16;
    fill.height = 1;
    must(cudaGraphAddMemsetNode(&clear, graph, nullptr, 0, &fill));
    int amount = 4;
    void* add_args[] = {&values.data, &amount};
    void* triple_args[] = {&values.data};
    cudaKernelNodeParams node = {};
    node.func = (void*)add;
    node.gridDim = dim3(1);
    node.blockDim = dim3(16);
    node.kernelParams = add_args;
    must(cudaGraphAddKernelNode(&first, graph, &clear, 1, &node));
    node.func = (void*)triple;
    node.kernelParams = triple_args;
    must(cudaGraphAddKernelNode(&second, graph, &first, 1, &node));
    cudaGraphExec_t runnable;
    must(cudaGraphInstantiate(&runnable, graph, 0));
    must(cudaGraphLaunch(runnable, 0));
    expect_all("(0 + 4) * 3", values.read(), std::vector<int>(16, 12));
    must(cudaGraphExecDestroy(runnable));
    must(cudaGraphDestroy(graph));
    return finish();
}
