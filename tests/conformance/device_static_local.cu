// Point: volatile accesses, and a static variable inside a device function.
// Rule: a static local of device code is one variable of the device.
#include "check.h"

__device__ int next_number() {
    static int count = 100;
    return atomicAdd(&count, 1);
}

__global__ void take(int* seen) { seen[next_number() - 100] += 1; }

int main() {
    Device<int> seen(96);
    take<<<3, 32>>>(seen);
    expect_all("each once", seen.read(), std::vector<int>(96, 1));
    return finish();
}
