// Point: a device variable that holds a device pointer set from the host.
// Rule: copying a pointer value into a symbol is a copy of its bytes; kernels may follow it.
#include "check.h"

__device__ int* shared_table;

__global__ void use(int* out) { out[threadIdx.x] = shared_table[31 - threadIdx.x]; }

int main() {
    std::vector<int> values(32), want(32);
    for (int i = 0; i < 32; i++) values[i] = want[31 - i] = i * i;
    Device<int> table(values), out(32);
    must(cudaMemcpyToSymbol(shared_table, &table.data, sizeof(int*)));
    use<<<1, 32>>>(out);
    expect_all("through the symbol", out.read(), want);
    return finish();
}
