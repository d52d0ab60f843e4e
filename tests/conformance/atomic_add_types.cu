// Point: atomicAdd on int, unsigned, unsigned long long, float and double in global memory.
// Rule: each add happens as one; the call returns the value from before.
#include "check.h"

__global__ void add(int* i, unsigned* u, unsigned long long* l, float* f, double* d) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    atomicAdd(i, t % 2 ? -t : t + 1);
    atomicAdd(u, 0x01000001u);
    atomicAdd(l, 0x100000001ull * t);
    atomicAdd(f, 0.25f * (t % 8));  // multiples of 1/4 below 2^20: exact in any order
    atomicAdd(d, 0.125 * t);
}

int main() {
    Device<int> i(1);
    Device<unsigned> u(1);
    Device<unsigned long long> l(1);
    Device<float> f(1);
    Device<double> d(1);
    add<<<10, 100>>>(i, u, l, f, d);
    int want_i = 0;
    unsigned want_u = 0;
    unsigned long long want_l = 0;
    float want_f = 0;
    double want_d = 0;
    for (int t = 0; t < 1000; t++) {
        want_i += t % 2 ? -t : t + 1;
        want_u += 0x01000001u;
        want_l += 0x100000001ull * t;
        want_f += 0.25f * (t % 8);
        want_d += 0.125 * t;
    }
    expect("int", i.read()[0], want_i);
    expect("unsigned", u.read()[0], want_u);
    expect("unsigned long long", l.read()[0], want_l);
    expect("float", f.read()[0], want_f);
    expect("double", d.read()[0], want_d);
    return finish();
}
