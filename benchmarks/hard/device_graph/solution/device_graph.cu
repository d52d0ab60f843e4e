#include "device_graph.h"

#include <hip/hip_runtime.h>

__global__ void expand(const int* starts, const int* edges, int vertices, int* depth, int level, int* found) {
  const int v = blockIdx.x * blockDim.x + threadIdx.x;
  // Other threads may reach v in this very round: an atomic read.
  if (v >= vertices || atomicAdd(&depth[v], 0) != level) return;
  for (int e = starts[v]; e < starts[v + 1]; ++e)
    if (atomicCAS(&depth[edges[e]], -1, level + 1) == -1) atomicAdd(found, 1);
}

int levels(const int* starts, const int* edges, int vertices, int source, int* depth) {
  const int count = starts[vertices];
  int *dstarts, *dedges, *ddepth, *dfound;
  if (hipMalloc(&dstarts, sizeof(int) * (vertices + 1)) != hipSuccess ||
      hipMalloc(&dedges, sizeof(int) * (count + 1)) != hipSuccess ||
      hipMalloc(&ddepth, sizeof(int) * vertices) != hipSuccess || hipMalloc(&dfound, sizeof(int)) != hipSuccess)
    return -1;
  (void)hipMemcpy(dstarts, starts, sizeof(int) * (vertices + 1), hipMemcpyHostToDevice);
  (void)hipMemcpy(dedges, edges, sizeof(int) * count, hipMemcpyHostToDevice);
  (void)hipMemset(ddepth, 0xFF, sizeof(int) * vertices);
  (void)hipMemset(ddepth + source, 0, sizeof(int));

  // A graph can't launch itself on AMD: the host asks after each round whether it reached anything.
  int level = 0, found = 1;
  for (; found; ++level) {
    (void)hipMemset(dfound, 0, sizeof(int));
    expand<<<(vertices + 127) / 128, 128>>>(dstarts, dedges, vertices, ddepth, level, dfound);
    if (hipMemcpy(&found, dfound, sizeof found, hipMemcpyDeviceToHost) != hipSuccess) return -3;
  }
  (void)hipMemcpy(depth, ddepth, sizeof(int) * vertices, hipMemcpyDeviceToHost);
  (void)hipFree(dfound);
  (void)hipFree(ddepth);
  (void)hipFree(dedges);
  (void)hipFree(dstarts);
  return level;
}
