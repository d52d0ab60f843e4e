// Point: new and delete of objects and arrays in device code.
// Rule: constructors and destructors run as in C++.
#include "check.h"

__device__ int alive;

struct Counted {
    int value;
    __device__ Counted() : value(3) { atomicAdd(&alive, 1); }
    __device__ explicit Counted(int v) : value(v) { atomicAdd(&alive, 1); }
    __device__ ~Counted() { atomicSub(&alive, 1); }
};

__global__ void objects(int* out) {
    int t = threadIdx.x;
    Counted* one = new Counted(t);
    Counted* many = new Counted[4];
    int sum = one->value;
    for (int i = 0; i < 4; i++) sum += many[i].value * i;
    out[t] = sum;
    delete one;
    delete[] many;
}

int main() {
    Device<int> out(32);
    objects<<<1, 32>>>(out);
    std::vector<int> want(32);
    for (int t = 0; t < 32; t++) want[t] = t + 18;
    expect_all("sums", out.read(), want);
    int left = -1;
    must(cudaMemcpyFromSymbol(&left, alive, sizeof left));
    expect("alive", left, 0);
    return finish();
}
