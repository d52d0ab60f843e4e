#pragma once

#include <cublas_v2.h>
#include <cuda_runtime.h>

// The project's own prefix, so that a back end can be exchanged in one place.
#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define BACKEND cuda
#define GPU(name) JOIN(BACKEND, name)
#define BLAS(type, name) JOIN(JOIN(cublas, type), name)
#define TRY(call)                       \
  do {                                  \
    if ((call) != GPU(Success)) return 1; \
  } while (0)
