// Point: lanes write bytes of one word; two of them write the same byte.
// Rule: bytes are objects of their own.
// Reports: race a cuda hip
#include "faults.h"

__global__ void bytes(unsigned char* out, int span) {
    __shared__ unsigned char row[256];
    int t = threadIdx.x;
    row[t % span] = t;  // at a
    __syncthreads();
    out[t] = row[t % span];
}

int main() {
    bytes<<<1, 256>>>(fresh<unsigned char>(256), correct() ? 256 : 128);
    return finish();
}
