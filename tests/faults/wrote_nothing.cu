// Point: a kernel whose body is compiled away.
// Rule: a kernel that was given memory and writes nothing has lost what it was for.
// Reports: wrote-nothing a cuda hip
#include "faults.h"

__global__ void emptied(float* out, const float* in) {  // at a
#if defined(NEVER_DEFINED)
    out[threadIdx.x] = in[threadIdx.x] * 2;
#endif
}

__global__ void full(float* out, const float* in) { out[threadIdx.x] = in[threadIdx.x] * 2; }

__global__ void warm_up() {}

int main() {
    warm_up<<<1, 1>>>();
    if (correct()) full<<<1, 32>>>(fresh<float>(32), numbered<float>(32));
    else emptied<<<1, 32>>>(fresh<float>(32), numbered<float>(32));
    return finish();
}
