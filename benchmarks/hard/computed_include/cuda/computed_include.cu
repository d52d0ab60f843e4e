#include "computed_include.h"

#include "element.h"
#include HEADER_OF(runtime)

#define CALL(name) cuda##name

#define DEFINE_KERNEL(name, type, widen, narrow)                             \
  __global__ void quantise_##name(const float* in, float scale, type* out, int n) { \
    const int i = blockIdx.x * blockDim.x + threadIdx.x;                     \
    if (i < n) out[i] = narrow(widen(narrow(in[i])) * scale);                \
  }                                                                          \
  static int run_##name(const float* in, float scale, uint16_t* out, int n) { \
    float* din;                                                              \
    type* dout;                                                              \
    if (CALL(Malloc)((void**)&din, n * sizeof(float))) return 1;             \
    if (CALL(Malloc)((void**)&dout, n * sizeof(type))) return 1;             \
    CALL(Memcpy)(din, in, n * sizeof(float), CALL(MemcpyHostToDevice));      \
    quantise_##name<<<(n + 127) / 128, 128>>>(din, scale, dout, n);          \
    if (CALL(GetLastError)()) return 2;                                      \
    CALL(Memcpy)(out, dout, n * sizeof(type), CALL(MemcpyDeviceToHost));     \
    CALL(Free)(dout);                                                        \
    CALL(Free)(din);                                                         \
    return 0;                                                                \
  }
ELEMENTS(DEFINE_KERNEL)

int quantise(Storage storage, const float* in, float scale, uint16_t* out, int n) {
  return storage == HALF ? run_half(in, scale, out, n) : run_brain(in, scale, out, n);
}
