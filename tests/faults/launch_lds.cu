// Point: more LDS than a block can have.
// Rule: AMD's blocks have 64 KiB, which no attribute raises on gfx942; CUDA's have more, up to what was asked for.
// Reports: launch a cuda hip
#include "faults.h"

__global__ void fill(int* out) {  // at a
    extern __shared__ int row[];
    row[threadIdx.x] = 1;
    out[threadIdx.x] = row[threadIdx.x];
}

int main() {
    fill<<<1, 64, correct() ? 16 << 10 : 200 << 10>>>(fresh<int>(64));
    return finish();
}
