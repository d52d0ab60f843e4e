// Point: comparisons of half2: by part, and all together.
// Rule: __hgt2 gives 1.0 or 0.0 in each part; __hbeq2 is true only if both parts are equal.
#include <cuda_fp16.h>
#include "check.h"

__global__ void compare(float* out, int* flags) {
    __half2 a = __floats2half2_rn(1.0f, 2.0f), b = __floats2half2_rn(1.0f, 3.0f);
    __half2 equal = __heq2(a, b), greater = __hgt2(b, a);
    out[0] = __low2float(equal);
    out[1] = __high2float(equal);
    out[2] = __low2float(greater);
    out[3] = __high2float(greater);
    flags[0] = __hbeq2(a, b);
    flags[1] = __hbeq2(a, a);
    flags[2] = __hble2(a, b);
    flags[3] = __hbgt2(b, a);
}

int main() {
    Device<float> out(4);
    Device<int> flags(4);
    compare<<<1, 1>>>(out, flags);
    expect_all("parts", out.read(), {1.0f, 0.0f, 0.0f, 1.0f});
    expect_all("all", flags.read(), {0, 1, 1, 0});
    return finish();
}
