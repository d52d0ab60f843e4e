#pragma once

#include <hip/hip_runtime.h>
#include <hipblas/hipblas.h>

// The project's own prefix, so that a back end can be exchanged in one place.
#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define BACKEND hip
#define GPU(name) JOIN(BACKEND, name)
#define BLAS(type, name) JOIN(JOIN(hipblas, type), name)
#define TRY(call)                       \
  do {                                  \
    if ((call) != GPU(Success)) return 1; \
  } while (0)
