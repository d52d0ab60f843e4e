// Point: a __managed__ variable, read and written by both sides.
// Rule: after a synchronisation, host and device see each other's writes to the variable.
#include "check.h"

__managed__ int total = 5;
__managed__ float row[8];

__global__ void work() {
    row[threadIdx.x] += threadIdx.x * 0.5f;
    if (threadIdx.x == 0) total += 10;
}

int main() {
    total += 1;
    for (int i = 0; i < 8; i++) row[i] = 1;
    work<<<1, 8>>>();
    kernels_done();
    std::vector<float> want(8);
    for (int i = 0; i < 8; i++) want[i] = 1 + i * 0.5f;
    expect("total", total, 16);
    expect_all("row", std::vector<float>(row, row + 8), want);
    return finish();
}
