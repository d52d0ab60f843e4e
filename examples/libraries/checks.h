// One way to fail for all libraries: say which call, and leave.
#ifndef LIBRARIES_CHECKS_H
#define LIBRARIES_CHECKS_H

#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cufft.h>
#include <curand.h>

#include <cstdio>
#include <cstdlib>

inline bool succeeded(cudaError_t status) { return status == cudaSuccess; }
inline bool succeeded(cublasStatus_t status) { return status == CUBLAS_STATUS_SUCCESS; }
inline bool succeeded(cufftResult status) { return status == CUFFT_SUCCESS; }
inline bool succeeded(curandStatus_t status) { return status == CURAND_STATUS_SUCCESS; }

#define MUST(call)                                                              \
  do {                                                                          \
    auto status_ = (call);                                                      \
    if (!succeeded(status_)) {                                                  \
      std::fprintf(stderr, "%s:%d: %s gave %d\n", __FILE__, __LINE__, #call,    \
                   static_cast<int>(status_));                                  \
      std::exit(2);                                                             \
    }                                                                           \
  } while (0)

// Each runs one library on a problem of size n, compares with the CPU, prints a line and says whether it was right.
bool check_gemm(int n);
bool check_gemm_mixed(int n);
bool check_fft(int n);
bool check_random(int n);
bool check_scan(int n);
bool check_sort(int n);

#endif
