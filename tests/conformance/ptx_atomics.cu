// Point: atomics and reductions to memory by inline PTX, on global and shared memory.
// Rule: atom returns the value before, red returns nothing; .cas compares first.
#include "check.h"

__global__ void count(int* totals, unsigned* seen) {
    __shared__ unsigned high;
    if (threadIdx.x == 0) high = 0;
    __syncthreads();
    unsigned t = threadIdx.x, before, place;
    asm volatile("atom.global.add.u32 %0, [%1], 1;" : "=r"(before) : "l"(totals) : "memory");
    seen[before] = 1;
    asm volatile("red.global.max.s32 [%0], %1;" :: "l"(totals + 1), "r"(int(t * 3) - 50) : "memory");
    asm volatile("red.global.add.f32 [%0], %1;" :: "l"(totals + 2), "f"(0.5f) : "memory");
    asm volatile("atom.global.cas.b32 %0, [%1], 0, 7;" : "=r"(place) : "l"(totals + 3) : "memory");
    unsigned address = (unsigned)__cvta_generic_to_shared(&high);
    asm volatile("red.shared.or.b32 [%0], %1;" :: "r"(address), "r"(1u << t % 32) : "memory");
    __syncthreads();
    if (t == 5) totals[4] = int(high);
    if (place == 0) atomicAdd(&totals[5], 1);
}

int main() {
    Device<int> totals(6);
    Device<unsigned> seen(96);
    count<<<1, 96>>>(totals, seen);
    float sum_of_all = 48.0f;
    int bits;
    std::memcpy(&bits, &sum_of_all, sizeof bits);
    expect_all("totals", totals.read(), {96, 95 * 3 - 50, bits, 7, -1, 1});
    expect_all("each number once", seen.read(), std::vector<unsigned>(96, 1));
    return finish();
}
