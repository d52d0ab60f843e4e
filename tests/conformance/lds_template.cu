// Point: kernels of one template have static shared arrays of their own sizes and types.
// Rule: each instantiation has its own shared variables.
#include "check.h"

template <class T, int N>
__global__ void rotate(T* out) {
    __shared__ T row[N];
    row[threadIdx.x] = T(threadIdx.x) / T(2);
    __syncthreads();
    out[threadIdx.x] = row[(threadIdx.x + 3) % N];
}

template <class T, int N>
void check(const char* name) {
    Device<T> out(N);
    rotate<T, N><<<1, N>>>(out.data);
    std::vector<T> want(N);
    for (int t = 0; t < N; t++) want[t] = T((t + 3) % N) / T(2);
    expect_all(name, out.read(), want);
}

int main() {
    check<int, 33>("int");
    check<double, 64>("double");
    check<unsigned char, 128>("unsigned char");
    return finish();
}
