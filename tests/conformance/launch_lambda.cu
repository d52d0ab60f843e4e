// Point: lambdas inside kernels, capturing by value and by reference.
// Rule: a lambda in device code is device code.
#include "check.h"

template <class Function>
__device__ int apply_twice(Function f, int x) {
    return f(f(x));
}

__global__ void lambdas(int* out) {
    int t = threadIdx.x, calls = 0;
    auto scaled = [t](int x) { return x * 2 + t; };
    auto counted = [&calls](int x) {
        calls++;
        return x + 1;
    };
    out[t] = apply_twice(scaled, 3) * 100 + apply_twice(counted, 5) * 10 + calls;
}

int main() {
    Device<int> out(20);
    lambdas<<<1, 20>>>(out);
    std::vector<int> want(20);
    for (int t = 0; t < 20; t++) want[t] = ((3 * 2 + t) * 2 + t) * 100 + 70 + 2;
    expect_all("lambdas", out.read(), want);
    return finish();
}
