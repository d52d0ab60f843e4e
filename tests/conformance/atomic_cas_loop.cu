// Point: a compare-and-swap loop that multiplies, and one that adds doubles.
// Rule: the loop repeats until nobody came between the read and the write.
#include "check.h"

__device__ unsigned multiply(unsigned* address, unsigned factor) {
    unsigned old = *address, assumed;
    do {
        assumed = old;
        old = atomicCAS(address, assumed, assumed * factor);
    } while (old != assumed);
    return old;
}

__device__ double add(double* address, double value) {
    unsigned long long* word = reinterpret_cast<unsigned long long*>(address);
    unsigned long long old = *word, assumed;
    do {
        assumed = old;
        old = atomicCAS(word, assumed, __double_as_longlong(value + __longlong_as_double(assumed)));
    } while (old != assumed);
    return __longlong_as_double(old);
}

__global__ void combine(unsigned* product, double* sum) {
    multiply(product, 2 * threadIdx.x + 3);
    add(sum, 0.5 * threadIdx.x);
}

int main() {
    Device<unsigned> product(std::vector<unsigned>{1u});
    Device<double> sum(1);
    combine<<<3, 64>>>(product, sum);
    unsigned want = 1;  // unsigned products are the same in any order
    for (int i = 0; i < 3 * 64; i++) want *= 2 * (i % 64) + 3;
    expect("product", product.read()[0], want);
    expect("sum", sum.read()[0], 3 * 0.5 * 63 * 64 / 2);
    return finish();
}
