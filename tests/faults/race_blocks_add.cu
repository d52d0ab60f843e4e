// Point: blocks add to one counter without an atomic.
// Rule: an addition reads and writes; between the two another block may write.
// Reports: race a cuda hip
#include "faults.h"

__global__ void count(const int* in, int* out, bool atomic) {
    int t = threadIdx.x;
    if (atomic) atomicAdd(&out[t], in[t] + 1);
    else out[t] += in[t] + 1;  // at a
}

int main() {
    count<<<4, 64>>>(numbered<int>(64), numbered<int>(64), correct());
    return finish();
}
