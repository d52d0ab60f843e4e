// Point: clock64 does not run backwards within a thread.
// Rule: it counts cycles of the processor that runs the thread.
#include "check.h"

__global__ void timed(int* out) {
    long long start = clock64();
    int sum = 0;
    for (int i = 0; i < 100; i++) sum += i * threadIdx.x;
    long long stop = clock64();
    out[threadIdx.x] = stop >= start ? sum : -1;
}

int main() {
    Device<int> out(32);
    timed<<<1, 32>>>(out);
    std::vector<int> want(32);
    for (int t = 0; t < 32; t++) want[t] = 4950 * t;
    expect_all("forward", out.read(), want);
    return finish();
}
