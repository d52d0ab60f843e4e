// Point: __device__ variables: initial values, copies both ways, address and size of a symbol.
// Rule: device variables live as long as the program and keep what kernels store.
#include "check.h"

__device__ int counter = 40;
__device__ double table[3] = {1.5, 2.5, 3.5};

__global__ void change() {
    counter += 2;
    table[1] *= 2;
}

__global__ void through(int* address) { *address += 100; }

int main() {
    change<<<1, 1>>>();
    kernels_done();
    int number = 0;
    must(cudaMemcpyFromSymbol(&number, counter, sizeof number));
    expect("counter", number, 42);
    std::vector<double> got(3);
    must(cudaMemcpyFromSymbol(got.data(), table, 3 * sizeof(double)));
    expect_all("table", got, {1.5, 5.0, 3.5});
    double last = 0;
    must(cudaMemcpyFromSymbol(&last, table, sizeof last, 2 * sizeof(double), cudaMemcpyDeviceToHost));
    expect("last", last, 3.5);
    void* address = nullptr;
    size_t bytes = 0;
    must(cudaGetSymbolAddress(&address, counter));
    must(cudaGetSymbolSize(&bytes, table));
    through<<<1, 1>>>(static_cast<int*>(address));
    kernels_done();
    must(cudaMemcpyFromSymbol(&number, counter, sizeof number));
    expect("through its address", number, 142);
    expect("size", bytes, 3 * sizeof(double));
    return finish();
}
