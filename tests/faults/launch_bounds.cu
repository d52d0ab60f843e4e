// Point: a block that is larger than the launch bounds of its kernel.
// Rule: __launch_bounds__ is a promise about every launch.
// Reports: launch a cuda hip
#include "faults.h"

__global__ void __launch_bounds__(128) fill(int* out) {  // at a
    out[threadIdx.x] = 1;
}

int main() {
    fill<<<1, correct() ? 128 : 256>>>(fresh<int>(256));
    return finish();
}
