// Point: malloc and free in device code, memory handed from one kernel to the next.
// Rule: memory of the device heap lives until it is freed in device code, across kernels.
#include "check.h"

__global__ void make(int** rows) {
    int t = threadIdx.x;
    int* row = static_cast<int*>(malloc((t + 1) * sizeof(int)));
    for (int i = 0; i <= t; i++) row[i] = t + i;
    rows[t] = row;
}

__global__ void sum(int** rows, int* out) {
    int t = threadIdx.x, total = 0;
    for (int i = 0; i <= t; i++) total += rows[t][i];
    out[t] = total;
    free(rows[t]);
}

int main() {
    Device<int*> rows(50);
    Device<int> out(50);
    make<<<1, 50>>>(rows);
    sum<<<1, 50>>>(rows, out);
    std::vector<int> want(50);
    for (int t = 0; t < 50; t++)
        for (int i = 0; i <= t; i++) want[t] += t + i;
    expect_all("sums", out.read(), want);
    return finish();
}
