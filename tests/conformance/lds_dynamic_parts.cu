// Point: one dynamic array cut into parts of several types.
// Rule: all `extern __shared__` arrays of a kernel start at the same address; the program lays out the parts itself.
#include "check.h"

__global__ void parts(double* out, int count) {
    extern __shared__ double memory[];
    double* reals = memory;
    int* numbers = reinterpret_cast<int*>(reals + count);
    unsigned char* bytes = reinterpret_cast<unsigned char*>(numbers + count);
    int t = threadIdx.x;
    reals[t] = t * 0.5;
    numbers[t] = t * 10;
    bytes[t] = (unsigned char)(t * 3);
    __syncthreads();
    int o = (t + 1) % count;
    out[t] = reals[o] + numbers[o] + bytes[o];
}

int main() {
    const int count = 70;
    Device<double> out(count);
    parts<<<1, count, count * (sizeof(double) + sizeof(int) + 1)>>>(out, count);
    std::vector<double> want(count);
    for (int t = 0; t < count; t++) {
        int o = (t + 1) % count;
        want[t] = o * 0.5 + o * 10 + o * 3 % 256;
    }
    expect_all("parts", out.read(), want);
    return finish();
}
