// Point: an assertion on the device that fails.
// Rule: it says what failed and where, and ends the kernel.
// Reports: assert a cuda hip
#include "faults.h"

#undef NDEBUG
#include <cassert>

__global__ void checks(int* out, int limit) {
    assert(int(threadIdx.x) < limit);  // at a
    out[threadIdx.x] = 1;
}

int main() {
    checks<<<1, 64>>>(fresh<int>(64), correct() ? 64 : 60);
    return finish();
}
