// Point: barriers with a number and a count by inline PTX.
// Rule: bar.sync a, b lets b threads pass once that many have come to barrier a.
// Only: cuda - AMD's hardware has one barrier for all of a block
#include "check.h"

__global__ void halves(int* out) {
    __shared__ int values[128];
    int t = threadIdx.x, half = t / 64;
    for (int round = 0; round < 3; round++) {
        values[t] = t * (round + 1);
        if (half == 0) asm volatile("bar.sync 1, 64;" ::: "memory");
        else asm volatile("bar.sync 2, 64;" ::: "memory");
        int other = values[half * 64 + (t + 1) % 64];
        if (half == 0) asm volatile("bar.sync 1, 64;" ::: "memory");
        else asm volatile("bar.sync 2, 64;" ::: "memory");
        out[round * 128 + t] = other;
    }
}

int main() {
    Device<int> out(384);
    halves<<<1, 128>>>(out);
    std::vector<int> want(384);
    for (int round = 0; round < 3; round++)
        for (int t = 0; t < 128; t++) want[round * 128 + t] = (t / 64 * 64 + (t + 1) % 64) * (round + 1);
    expect_all("halves", out.read(), want);
    return finish();
}
