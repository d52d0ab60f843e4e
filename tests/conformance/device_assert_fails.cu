// Point: a device assertion that does not hold makes the synchronisation fail.
// Reports: assert
// Rule: the kernel is stopped and the next synchronising call returns an error; the text goes to stderr.
#include <cassert>
#include "check.h"

__global__ void fails(int limit) { assert(int(threadIdx.x) < limit); }

int main() {
    fails<<<1, 64>>>(10);
    bool failed = cudaDeviceSynchronize() != cudaSuccess;
    expect("error", failed, true);
    return finish();
}
