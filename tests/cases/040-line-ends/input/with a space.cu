// with a mark
#include "cuda_runtime.h"
void f(cudaStream_t s) { cudaStreamSynchronize(s); }
