// Point: a structure is copied beyond the end of its array.
// Rule: the copy of a structure accesses all of its bytes.
// Reports: out-of-bounds a cuda hip
#include "faults.h"

struct Row {
    int values[24];
};

__global__ void copy(const Row* in, Row* out, int shift) {
    out[threadIdx.x] = in[threadIdx.x + shift];  // at a
}

int main() {
    copy<<<1, 4>>>(reinterpret_cast<Row*>(numbered<int>(4 * 24)), fresh<Row>(4), correct() ? 0 : 1);
    return finish();
}
