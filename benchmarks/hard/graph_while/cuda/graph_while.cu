#include "graph_while.h"

#include <cuda_runtime.h>

struct Progress {
  unsigned moved;  // the largest step of this sweep, as the bits of a float
  int sweeps;
};

__global__ void sweep(const float* from, float* to, int n, Progress* progress) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  if (i == 0 || i == n - 1) {
    to[i] = from[i];
    return;
  }
  to[i] = 0.5f * (from[i - 1] + from[i + 1]);
  atomicMax(&progress->moved, __float_as_uint(fabsf(to[i] - from[i])));
}

__global__ void decide(Progress* progress, float tolerance, int limit, cudaGraphConditionalHandle again) {
  ++progress->sweeps;
  const bool more = __uint_as_float(progress->moved) > tolerance && progress->sweeps < limit;
  progress->moved = 0;
  cudaGraphSetConditional(again, more ? 1 : 0);
}

int relax(float* bar, int n, float tolerance, int limit) {
  if (limit <= 0) return 0;
  const size_t bytes = n * sizeof(float);
  float *now = nullptr, *next = nullptr;
  Progress* progress = nullptr;
  if (cudaMalloc(&now, bytes) != cudaSuccess || cudaMalloc(&next, bytes) != cudaSuccess ||
      cudaMalloc(&progress, sizeof(Progress)) != cudaSuccess)
    return -1;
  cudaMemcpy(now, bar, bytes, cudaMemcpyHostToDevice);
  cudaMemset(progress, 0, sizeof(Progress));

  cudaGraph_t graph;
  cudaGraphCreate(&graph, 0);
  cudaGraphConditionalHandle again;
  cudaGraphConditionalHandleCreate(&again, graph, 1, cudaGraphCondAssignDefault);
  cudaGraphNodeParams loop = {};
  loop.type = cudaGraphNodeTypeConditional;
  loop.conditional.handle = again;
  loop.conditional.type = cudaGraphCondTypeWhile;
  loop.conditional.size = 1;
  cudaGraphNode_t node;
  if (cudaGraphAddNode(&node, graph, nullptr, 0, &loop) != cudaSuccess) return -2;
  cudaGraph_t body = loop.conditional.phGraph_out[0];

  cudaStream_t stream;
  cudaStreamCreate(&stream);
  cudaStreamBeginCaptureToGraph(stream, body, nullptr, nullptr, 0, cudaStreamCaptureModeGlobal);
  sweep<<<(n + 127) / 128, 128, 0, stream>>>(now, next, n, progress);
  cudaMemcpyAsync(now, next, bytes, cudaMemcpyDeviceToDevice, stream);
  decide<<<1, 1, 0, stream>>>(progress, tolerance, limit, again);
  cudaStreamEndCapture(stream, nullptr);

  cudaGraphExec_t exec;
  if (cudaGraphInstantiate(&exec, graph, 0) != cudaSuccess) return -3;
  if (cudaGraphLaunch(exec, stream) != cudaSuccess || cudaStreamSynchronize(stream) != cudaSuccess) return -4;

  Progress made;
  cudaMemcpy(&made, progress, sizeof made, cudaMemcpyDeviceToHost);
  cudaMemcpy(bar, now, bytes, cudaMemcpyDeviceToHost);
  cudaGraphExecDestroy(exec);
  cudaGraphDestroy(graph);
  cudaStreamDestroy(stream);
  cudaFree(progress);
  cudaFree(next);
  cudaFree(now);
  return made.sweeps;
}
