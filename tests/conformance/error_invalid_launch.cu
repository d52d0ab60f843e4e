// Reports: launch
// Point: launches beyond the limits fail with an error and run nothing.
// Rule: more than 1024 threads a block, or a zero dimension, is an invalid configuration; the error is kept until read.
#include "check.h"

__global__ void touch(int* out) { *out = 1; }

int main() {
    Device<int> out(1);
    touch<<<1, 2048>>>(out);
    expect("too many threads", cudaGetLastError() != cudaSuccess, true);
    expect("read once", cudaGetLastError() == cudaSuccess, true);
    touch<<<0, 32>>>(out);
    expect("peek", cudaPeekAtLastError() != cudaSuccess, true);
    expect("still there", cudaGetLastError() != cudaSuccess, true);
    touch<<<1, dim3(1, 1, 0)>>>(out);
    expect("zero depth", cudaGetLastError() != cudaSuccess, true);
    expect("untouched", out.read()[0], 0);
    touch<<<1, 1>>>(out);
    expect("then well", out.read()[0], 1);
    return finish();
}
