// Point: half to and from integers, and the bits of a half.
// Rule: __half2int_rz truncates, __int2half_rn rounds to nearest even; __half_as_ushort keeps the bits.
#include <cuda_fp16.h>
#include "check.h"

__global__ void convert(int* out) {
    out[0] = __half2int_rz(__float2half(-2.75f));
    out[1] = __half2int_rn(__float2half(2.5f));
    out[2] = __half2int_ru(__float2half(2.25f));
    out[3] = __half2int_rd(__float2half(-2.25f));
    out[4] = int(__half2float(__int2half_rn(2051)));
    out[5] = __half_as_ushort(__float2half(1.0f));
    out[6] = int(__half2float(__ushort_as_half(0xc500)));
    out[7] = __half2ushort_rz(__float2half(300.7f));
}

int main() {
    Device<int> out(8);
    convert<<<1, 1>>>(out);
    // 2051 lies between the halves 2050 and 2052 and goes to the even multiple of 2, 2052; 0xc500 is -5;
    // halves near 300 are a quarter apart, so that 300.7 is 300.75.
    expect_all("values", out.read(), {-2, 2, 3, -3, 2052, 0x3c00, -5, 300});
    return finish();
}
