// Point: device function pointers, taken from device variables and called in a kernel.
// Rule: the address of a device function is valid in device code; the host may carry it as a value.
#include "check.h"

typedef int (*Operation)(int, int);

__device__ int add(int a, int b) { return a + b; }
__device__ int less(int a, int b) { return a - b; }
__device__ int times(int a, int b) { return a * b; }
__device__ Operation table[3] = {add, less, times};
__device__ Operation chosen = less;

__global__ void apply(Operation given, int* out) {
    int t = threadIdx.x;
    out[t] = table[t % 3](t, 5) * 1000 + given(t, 2);
}

int main() {
    Operation given = nullptr;
    must(cudaMemcpyFromSymbol(&given, chosen, sizeof given));
    Device<int> out(30);
    apply<<<1, 30>>>(given, out);
    std::vector<int> want(30);
    for (int t = 0; t < 30; t++) want[t] = (t % 3 == 0 ? t + 5 : t % 3 == 1 ? t - 5 : t * 5) * 1000 + t - 2;
    expect_all("called", out.read(), want);
    return finish();
}
