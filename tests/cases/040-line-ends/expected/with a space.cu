// with a mark
#include <hip/hip_runtime.h>
void f(hipStream_t s) { hipStreamSynchronize(s); }
