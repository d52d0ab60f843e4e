// Point: atomicExch hands a value round: no value is lost or doubled.
// Rule: the old value is returned and the new one stored, for int, float and 64 bits.
#include "check.h"

__global__ void exchange(int* slot, int* seen, float* real, float* sum, unsigned long long* wide,
                         unsigned long long* wide_sum) {
    int t = threadIdx.x;
    int old = atomicExch(slot, t + 1);
    atomicAdd(&seen[old], 1);
    atomicAdd(sum, atomicExch(real, float(t + 1)));
    atomicAdd(wide_sum, atomicExch(wide, (unsigned long long)(t + 1) << 32));
}

int main() {
    Device<int> slot(1), seen(101);
    Device<float> real(1), sum(1);
    Device<unsigned long long> wide(1), wide_sum(1);
    exchange<<<1, 100>>>(slot, seen, real, sum, wide, wide_sum);
    std::vector<int> counts = seen.read();
    counts[slot.read()[0]] += 1;  // the value left in the slot has not been returned to anyone
    expect_all("each once", counts, std::vector<int>(101, 1));
    expect("float sum", sum.read()[0] + real.read()[0], 5050.0f);
    expect("wide sum", wide_sum.read()[0] + wide.read()[0], 5050ull << 32);
    return finish();
}
