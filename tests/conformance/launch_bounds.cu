// Point: __launch_bounds__ with one and two arguments.
// Rule: the bound promises a largest block size; it changes no result.
#include "check.h"

__global__ void __launch_bounds__(128) one(int* out) { out[threadIdx.x] = threadIdx.x + 1; }
__global__ void __launch_bounds__(64, 2) two(int* out) { out[threadIdx.x] = threadIdx.x * 2; }

int main() {
    Device<int> out(128), other(64);
    one<<<1, 128>>>(out);
    two<<<1, 64>>>(other);
    std::vector<int> want(128), want_other(64);
    for (int t = 0; t < 128; t++) want[t] = t + 1;
    for (int t = 0; t < 64; t++) want_other[t] = t * 2;
    expect_all("one bound", out.read(), want);
    expect_all("two bounds", other.read(), want_other);
    return finish();
}
