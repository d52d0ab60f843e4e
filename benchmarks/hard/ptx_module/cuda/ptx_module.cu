#include "ptx_module.h"

#include <cuda.h>

#include "buffer.h"

int scramble(const unsigned *in, unsigned *out, int n, unsigned key) {
  Buffer<unsigned> d_in(in, n), d_out(n);  // makes the primary context current, too
  CUmodule module;
  CUfunction function;
  if (CUresult status = cuModuleLoad(&module, "scramble.ptx")) return status;
  if (CUresult status = cuModuleGetFunction(&function, module, "scramble_words")) return status;
  void *arguments[] = {&d_in.data, &d_out.data, &n, &key};
  CUresult launched = cuLaunchKernel(function, (n + 127) / 128, 1, 1, 128, 1, 1, 0, nullptr, arguments, nullptr);
  if (launched != CUDA_SUCCESS) return launched;
  int status = finished();
  d_out.read(out);
  cuModuleUnload(module);
  return status;
}
