// Point: the _block and _system forms of the atomics.
// Rule: the suffix says among whom the operation is atomic; the operation is the same.
#include "check.h"

__global__ void scoped(int* block_total, int* system_total, unsigned* bits) {
    atomicAdd_block(&block_total[blockIdx.x], int(threadIdx.x));
    atomicAdd_system(system_total, 1);
    atomicMax_block(&block_total[4 + blockIdx.x], int(threadIdx.x * blockIdx.x));
    atomicOr_system(bits, 1u << (threadIdx.x % 30));
    atomicCAS_system(&system_total[1], 0, 42);
    atomicExch_block(&block_total[8 + blockIdx.x], 9);
}

int main() {
    Device<int> block_total(12), system_total(2);
    Device<unsigned> bits(1);
    scoped<<<4, 64>>>(block_total, system_total, bits);
    std::vector<int> want(12);
    for (int b = 0; b < 4; b++) {
        want[b] = 63 * 64 / 2;
        want[4 + b] = 63 * b;
        want[8 + b] = 9;
    }
    expect_all("block", block_total.read(), want);
    expect_all("system", system_total.read(), {256, 42});
    expect("bits", bits.read()[0], 0x3fffffffu);
    return finish();
}
