// Point: recursion in device code, and mutual recursion.
// Rule: device functions may call themselves; each thread has a stack.
#include "check.h"

__device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
__device__ int odd(int n);
__device__ __noinline__ int even(int n) { return n == 0 ? 1 : odd(n - 1); }
__device__ __noinline__ int odd(int n) { return n == 0 ? 0 : even(n - 1); }

__global__ void recurse(int* out) {
    int t = threadIdx.x;
    out[t] = fibonacci(t) * 10 + even(t);
}

int main() {
    Device<int> out(15);
    recurse<<<1, 15>>>(out);
    std::vector<int> want(15), fib(15);
    for (int t = 0; t < 15; t++) {
        fib[t] = t < 2 ? t : fib[t - 1] + fib[t - 2];
        want[t] = fib[t] * 10 + (t % 2 == 0);
    }
    expect_all("values", out.read(), want);
    return finish();
}
