#include <hip/hip_runtime.h>
#include "graph_while.h"

#include "buffer.h"

#define TRY(call)                                \
  do {                                           \
    hipError_t status_ = (call);                \
    if (status_ != hipSuccess) return status_;  \
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

int components(const int *from, const int *to, int edges, int vertices, int *label, int *rounds) {
  Buffer<int> d_from(from, edges), d_to(to, edges), d_label(vertices), d_next(vertices);
  Buffer<State> d_state(1);
  int blocks = (vertices + 127) / 128;
  start<<<blocks, 128>>>(d_label.data, vertices, d_state.data);
  start<<<blocks, 128>>>(d_next.data, vertices, d_state.data);
  TRY(hipDeviceSynchronize());

  // The loop goes on while a label has changed.
  State state = {0, 0};
  do {
    state.changed = 0;
    TRY(hipMemcpy(d_state.data, &state, sizeof state, hipMemcpyHostToDevice));
    if (edges) spread<<<(edges + 127) / 128, 128>>>(d_from.data, d_to.data, edges, d_label.data, d_next.data);
    settle<<<blocks, 128>>>(d_label.data, d_next.data, vertices, d_state.data);
    TRY(hipGetLastError());
    d_state.read(&state);
    state.rounds++;
  } while (state.changed);
  d_label.read(label);
  *rounds = state.rounds;
  return 0;
}
