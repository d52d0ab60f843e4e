// Point: device and constant variables that are defined in another translation unit.
// Rule: an extern device variable is one object for all units; the host may copy to it from each of them.
#include "../check.h"
#include "shared.h"

__global__ void add(int* out) {
    atomicAdd(&total, factors[threadIdx.x]);
    out[threadIdx.x] = factors[threadIdx.x] * 10;
}

int main() {
    set_factors();
    Device<int> out(4);
    add<<<1, 4>>>(out);
    expect_all("constants", out.read(), {30, 10, 40, 10});
    expect("total, read by the other unit", read_total(), 9);
    int start = 100;
    must(cudaMemcpyToSymbol(total, &start, sizeof start));
    add<<<1, 4>>>(out);
    kernels_done();
    expect("total, set here", read_total(), 109);
    return finish();
}
