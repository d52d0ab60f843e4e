// Point: a device function that is defined in another translation unit.
// Rule: with relocatable device code, extern device functions are linked as host functions are.
#include "../check.h"
#include "other.h"

__global__ void call(int* out) {
    int t = threadIdx.x;
    out[t] = twice_plus(t, 5) + sum_below(t);
}

int main() {
    Device<int> out(20);
    call<<<1, 20>>>(out);
    std::vector<int> want(20);
    for (int t = 0; t < 20; t++) want[t] = 2 * t + 5 + t * (t - 1) / 2;
    expect_all("called", out.read(), want);
    other_kernel(out, 20);
    for (int t = 0; t < 20; t++) want[t] = -want[t];
    expect_all("other unit's kernel", out.read(), want);
    return finish();
}
