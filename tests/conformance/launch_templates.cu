// Point: kernels as templates over types, values and functors.
// Rule: each instantiation is a kernel of its own.
#include "check.h"

struct Plus {
    __device__ int operator()(int a, int b) const { return a + b; }
};
struct Scaled {
    int factor;
    __device__ int operator()(int a, int b) const { return factor * a - b; }
};

template <class Operation, int STRIDE>
__global__ void combine(const int* in, int* out, int count, Operation operation) {
    int i = threadIdx.x;
    out[i] = operation(in[i], in[(i + STRIDE) % count]);
}

int main() {
    std::vector<int> values(40), plus(40), scaled(40);
    for (int i = 0; i < 40; i++) values[i] = i * i % 31;
    for (int i = 0; i < 40; i++) {
        plus[i] = values[i] + values[(i + 3) % 40];
        scaled[i] = 5 * values[i] - values[(i + 7) % 40];
    }
    Device<int> in(values), out(40);
    combine<Plus, 3><<<1, 40>>>(in.data, out.data, 40, Plus());
    expect_all("plus", out.read(), plus);
    combine<Scaled, 7><<<1, 40>>>(in.data, out.data, 40, Scaled{5});
    expect_all("scaled", out.read(), scaled);
    return finish();
}
