// Launching over a number of elements. Only for files that nvcc compiles.
#pragma once

#include "lattice/check.h"

namespace lattice {

constexpr int kWarp = 32;
constexpr int kThreads = 128;
constexpr int kWarpsPerBlock = kThreads / kWarp;

inline int blocks_for(int elements, int threads = kThreads) { return (elements + threads - 1) / threads; }

}  // namespace lattice

#define KERNEL_LOOP(i, n) for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < (n); i += blockDim.x * gridDim.x)

// One thread per element; `kernel` may hold commas if it stands in parentheses.
#define LAUNCH(kernel, elements, stream, ...)                                                                  \
  do {                                                                                                         \
    kernel<<<::lattice::blocks_for(elements), ::lattice::kThreads, 0, stream>>>(__VA_ARGS__);                  \
    CUDA_CHECK_LAUNCH(#kernel);                                                                                \
  } while (0)

#define LAUNCH_SHARED(kernel, blocks, threads, bytes, stream, ...) \
  do {                                                             \
    kernel<<<(blocks), (threads), (bytes), (stream)>>>(__VA_ARGS__); \
    CUDA_CHECK_LAUNCH(#kernel);                                    \
  } while (0)
