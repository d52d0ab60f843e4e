// Point: a kernel writes memory that was freed.
// Rule: cudaFree ends the life of an allocation, also where the next one would get its place.
// Reports: out-of-bounds a cuda hip
#include "faults.h"

__global__ void fill(int* out) {
    out[threadIdx.x] = 1;  // at a
}

int main() {
    int* gone = fresh<int>(64);
    if (!correct()) cudaFree(gone);
    fresh<int>(64);
    fill<<<1, 64>>>(gone);
    return finish();
}
