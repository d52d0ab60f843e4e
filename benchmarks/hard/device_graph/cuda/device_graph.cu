#include "device_graph.h"

#include <cuda_runtime.h>

struct Frontier {
  int level;
  int found;  // vertices that this round reached
};

__global__ void expand(const int* starts, const int* edges, int vertices, int* depth, Frontier* frontier) {
  const int v = blockIdx.x * blockDim.x + threadIdx.x;
  // Other threads may reach v in this very round: an atomic read.
  if (v >= vertices || atomicAdd(&depth[v], 0) != frontier->level) return;
  for (int e = starts[v]; e < starts[v + 1]; ++e)
    if (atomicCAS(&depth[edges[e]], -1, frontier->level + 1) == -1) atomicAdd(&frontier->found, 1);
}

__global__ void next_round(Frontier* frontier) {
  ++frontier->level;
  if (frontier->found == 0) return;
  frontier->found = 0;
  cudaGraphLaunch(cudaGetCurrentGraphExec(), cudaStreamGraphTailLaunch);
}

int levels(const int* starts, const int* edges, int vertices, int source, int* depth) {
  const int count = starts[vertices];
  int *dstarts, *dedges, *ddepth;
  Frontier* frontier;
  if (cudaMalloc(&dstarts, sizeof(int) * (vertices + 1)) != cudaSuccess ||
      cudaMalloc(&dedges, sizeof(int) * (count + 1)) != cudaSuccess ||
      cudaMalloc(&ddepth, sizeof(int) * vertices) != cudaSuccess || cudaMalloc(&frontier, sizeof(Frontier)) != cudaSuccess)
    return -1;
  cudaMemcpy(dstarts, starts, sizeof(int) * (vertices + 1), cudaMemcpyHostToDevice);
  cudaMemcpy(dedges, edges, sizeof(int) * count, cudaMemcpyHostToDevice);
  cudaMemset(ddepth, 0xFF, sizeof(int) * vertices);
  cudaMemset(ddepth + source, 0, sizeof(int));
  cudaMemset(frontier, 0, sizeof(Frontier));

  cudaStream_t stream;
  cudaStreamCreate(&stream);
  cudaGraph_t graph;
  cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
  expand<<<(vertices + 127) / 128, 128, 0, stream>>>(dstarts, dedges, vertices, ddepth, frontier);
  next_round<<<1, 1, 0, stream>>>(frontier);
  cudaStreamEndCapture(stream, &graph);
  cudaGraphExec_t exec;
  if (cudaGraphInstantiate(&exec, graph, cudaGraphInstantiateFlagDeviceLaunch) != cudaSuccess) return -2;
  if (cudaGraphUpload(exec, stream) != cudaSuccess || cudaGraphLaunch(exec, stream) != cudaSuccess ||
      cudaStreamSynchronize(stream) != cudaSuccess)
    return -3;

  Frontier last;
  cudaMemcpy(&last, frontier, sizeof last, cudaMemcpyDeviceToHost);
  cudaMemcpy(depth, ddepth, sizeof(int) * vertices, cudaMemcpyDeviceToHost);
  cudaGraphExecDestroy(exec);
  cudaGraphDestroy(graph);
  cudaStreamDestroy(stream);
  cudaFree(frontier);
  cudaFree(ddepth);
  cudaFree(dedges);
  cudaFree(dstarts);
  return last.level;
}
