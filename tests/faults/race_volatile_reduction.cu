// Point: the old reduction of the last warp with volatile instead of __syncwarp().
// Rule: volatile orders nothing between lanes. The port puts the barrier in.
// Reports: lockstep a cuda
#include "faults.h"

__global__ void sum(const int* in, int* out, bool wait) {
    __shared__ int values[64];
    int t = threadIdx.x;
    values[t] = in[t];
    values[t + 32] = in[t + 32];
    __syncwarp();
    if (wait) {
        for (int half = 32; half > 0; half /= 2) {
            int next = t < half ? values[t] + values[t + half] : values[t];
            __syncwarp();
            values[t] = next;
            __syncwarp();
        }
    } else {
        volatile int* row = values;
        if (t < 16) row[t] = row[t] + row[t + 16];
        if (t < 8) row[t] = row[t] + row[t + 8];  // at a
    }
    if (t == 0) *out = values[0];
}

int main() {
    sum<<<1, 32>>>(numbered<int>(64), fresh<int>(1), correct());
    return finish();
}
