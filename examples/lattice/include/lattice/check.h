// How this project fails: an exception with the place and CUDA's words for it.
#pragma once

#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

namespace lattice {

class DeviceError : public std::runtime_error {
 public:
  DeviceError(cudaError_t status, const char* what, const char* file, int line)
      : std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + what + ": " +
                           cudaGetErrorName(status) + " (" + cudaGetErrorString(status) + ")"),
        status_(status) {}

  bool out_of_memory() const { return status_ == cudaErrorMemoryAllocation; }

 private:
  cudaError_t status_;
};

inline void throw_on_error(cudaError_t status, const char* what, const char* file, int line) {
  if (status != cudaSuccess) throw DeviceError(status, what, file, line);
}

}  // namespace lattice

#define CUDA_CHECK(call) ::lattice::throw_on_error((call), #call, __FILE__, __LINE__)

// After a launch. With LATTICE_SYNC every kernel is waited for, so that an error is reported where it was made.
#ifdef LATTICE_SYNC
#define CUDA_CHECK_LAUNCH(name)                     \
  do {                                              \
    CUDA_CHECK(cudaGetLastError());                 \
    CUDA_CHECK(cudaDeviceSynchronize());            \
  } while (0)
#else
#define CUDA_CHECK_LAUNCH(name) ::lattice::throw_on_error(cudaGetLastError(), "launch of " name, __FILE__, __LINE__)
#endif
