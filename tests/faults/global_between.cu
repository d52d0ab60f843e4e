// Point: a read in front of an allocation, where another one may lie near.
// Rule: what lies between two allocations belongs to nobody.
// Reports: out-of-bounds a cuda hip
#include "faults.h"

__global__ void previous(const double* in, double* out, int first) {
    int i = threadIdx.x + first;
    out[threadIdx.x] = in[i - 1];  // at a
}

int main() {
    double* before = numbered<double>(33);
    double* in = numbered<double>(33);
    previous<<<1, 32>>>(in, numbered<double>(33), correct() ? 1 : 0);
    cudaFree(before);
    return finish();
}
