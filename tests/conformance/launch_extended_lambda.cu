// Point: a lambda that host code makes and passes to a kernel.
// Rule: an extended lambda captures by value; the kernel template is instantiated with its closure type.
#include "check.h"

template <class Function>
__global__ void each(int* out, Function f) {
    out[blockIdx.x * blockDim.x + threadIdx.x] = f(int(blockIdx.x * blockDim.x + threadIdx.x));
}

template <class Function>
std::vector<int> run(Function f) {
    Device<int> out(50);
    each<<<2, 25>>>(out, f);
    return out.read();
}

int main() {
    int scale = 3;
    struct Pair {
        short low;
        int high;
    } pair = {-4, 1000};
    std::vector<int> want(50), want_pairs(50);
    for (int i = 0; i < 50; i++) {
        want[i] = i * 3 + 7;
        want_pairs[i] = i % 2 ? -4 : 1000;
    }
    expect_all("one value", run([=] __device__(int i) { return i * scale + 7; }), want);
    expect_all("a struct", run([pair] __device__(int i) { return i % 2 ? int(pair.low) : pair.high; }), want_pairs);
    expect_all("nothing", run([] __device__(int i) { return i * 3 + 7; }), want);
    return finish();
}
