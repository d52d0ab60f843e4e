#include "graph_while.h"

#include "buffer.h"

#define TRY(call)                                \
  do {                                           \
    cudaError_t status_ = (call);                \
    if (status_ != cudaSuccess) return status_;  \
  } while (0)

struct State {
  int changed;
  int rounds;
};

__global__ void start(int *label, int vertices, State *state) {
  int v = blockIdx.x * blockDim.x + threadIdx.x;
  if (v < vertices) label[v] = v;
  if (v == 0) *state = {0, 0};
}

__global__ void spread(const int *from, const int *to, int edges, const int *label, int *next) {
  int e = blockIdx.x * blockDim.x + threadIdx.x;
  if (e >= edges) return;
  atomicMin(&next[from[e]], label[to[e]]);
  atomicMin(&next[to[e]], label[from[e]]);
}

__global__ void settle(int *label, const int *next, int vertices, State *state) {
  int v = blockIdx.x * blockDim.x + threadIdx.x;
  if (v >= vertices || label[v] == next[v]) return;
  label[v] = next[v];
  atomicOr(&state->changed, 1);
}

// The loop goes on while a label has changed.
__global__ void decide(State *state, cudaGraphConditionalHandle again) {
  state->rounds++;
  cudaGraphSetConditional(again, state->changed);
  state->changed = 0;
}

int components(const int *from, const int *to, int edges, int vertices, int *label, int *rounds) {
  Buffer<int> d_from(from, edges), d_to(to, edges), d_label(vertices), d_next(vertices);
  Buffer<State> d_state(1);
  int blocks = (vertices + 127) / 128;
  start<<<blocks, 128>>>(d_label.data, vertices, d_state.data);
  start<<<blocks, 128>>>(d_next.data, vertices, d_state.data);
  TRY(cudaDeviceSynchronize());

  cudaGraph_t graph;
  TRY(cudaGraphCreate(&graph, 0));
  cudaGraphConditionalHandle again;
  TRY(cudaGraphConditionalHandleCreate(&again, graph, 1, cudaGraphCondAssignDefault));
  cudaGraphNodeParams loop = {};
  loop.type = cudaGraphNodeTypeConditional;
  loop.conditional.handle = again;
  loop.conditional.type = cudaGraphCondTypeWhile;
  loop.conditional.size = 1;
  cudaGraphNode_t node;
  TRY(cudaGraphAddNode(&node, graph, nullptr, 0, &loop));
  cudaGraph_t body = loop.conditional.phGraph_out[0];

  cudaStream_t stream;
  TRY(cudaStreamCreate(&stream));
  TRY(cudaStreamBeginCaptureToGraph(stream, body, nullptr, nullptr, 0, cudaStreamCaptureModeRelaxed));
  if (edges) spread<<<(edges + 127) / 128, 128, 0, stream>>>(d_from.data, d_to.data, edges, d_label.data, d_next.data);
  settle<<<blocks, 128, 0, stream>>>(d_label.data, d_next.data, vertices, d_state.data);
  decide<<<1, 1, 0, stream>>>(d_state.data, again);
  TRY(cudaStreamEndCapture(stream, nullptr));

  cudaGraphExec_t program;
  TRY(cudaGraphInstantiate(&program, graph, 0));
  TRY(cudaGraphLaunch(program, stream));
  TRY(cudaStreamSynchronize(stream));
  State state;
  d_state.read(&state);
  d_label.read(label);
  *rounds = state.rounds;
  cudaGraphExecDestroy(program);
  cudaGraphDestroy(graph);
  cudaStreamDestroy(stream);
  return 0;
}
