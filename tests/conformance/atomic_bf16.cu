// Point: atomicAdd on bfloat16.
// Rule: the sum is rounded to bfloat16's 8 bits each time; whole numbers to 256 are exact.
#include <cuda_bf16.h>
#include "check.h"

__global__ void add(__nv_bfloat16* one) { atomicAdd(one, __float2bfloat16(2.0f)); }

__global__ void widen(const __nv_bfloat16* one, float* out) { *out = __bfloat162float(*one); }

int main() {
    Device<__nv_bfloat16> one(2);
    Device<float> out(1);
    add<<<4, 32>>>(one);
    widen<<<1, 1>>>(one, out);
    expect("sum", out.read()[0], 256.0f);
    return finish();
}
