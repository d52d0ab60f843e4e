// Point: half of a warp votes with the mask of the whole warp while the other half takes another way.
// Rule: all lanes that the mask names must execute the same call with the same mask.
// Reports: mask a cuda
#include "faults.h"

__global__ void half(unsigned* out, unsigned mask) {
    int t = threadIdx.x;
    if (t < 16) {
        out[t] = __ballot_sync(mask, t & 1);  // at a
    } else {
        out[t] = 0;
    }
    __syncwarp();
    out[t] += 1;
}

int main() {
    half<<<1, 32>>>(fresh<unsigned>(32), correct() ? 0xffffu : 0xffffffffu);
    return finish();
}
