// Point: lanes of several wavefronts write different values to one place.
// Rule: which of them stays is undefined; writing the same value is no race that shows.
// Reports: race a cuda hip
#include "faults.h"

__global__ void winner(int* out, const int* in, bool same) {
    __shared__ int found;
    if (threadIdx.x % 64 == 5) found = same ? 3 : in[threadIdx.x];  // at a
    __syncthreads();
    out[threadIdx.x] = found;
}

int main() {
    winner<<<1, 256>>>(fresh<int>(256), numbered<int>(256), correct());
    return finish();
}
