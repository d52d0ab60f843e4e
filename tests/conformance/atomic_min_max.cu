// Point: atomicMin and atomicMax, signed, unsigned and 64 bits.
// Rule: the comparison is that of the type: -1 is less than 0 as int, and the largest as unsigned.
#include "check.h"

__global__ void extremes(int* i, unsigned* u, long long* l, unsigned long long* ul) {
    int t = threadIdx.x;
    int value = (t * 37) % 101 - 50;
    atomicMin(&i[0], value);
    atomicMax(&i[1], value);
    atomicMin(&u[0], unsigned(value));
    atomicMax(&u[1], unsigned(value));
    atomicMin(&l[0], (long long)value * 10000000000LL);
    atomicMax(&l[1], (long long)value * 10000000000LL);
    atomicMin(&ul[0], (unsigned long long)(long long)value);
    atomicMax(&ul[1], (unsigned long long)(long long)value);
}

int main() {
    Device<int> i(2);
    Device<unsigned> u(std::vector<unsigned>{77u, 0u});
    Device<long long> l(2);
    Device<unsigned long long> ul(std::vector<unsigned long long>{77u, 0u});
    extremes<<<1, 101>>>(i, u, l, ul);
    // 37 and 101 have no common factor: the values are -50 .. 50, each once.
    expect_all("int", i.read(), {-50, 50});
    expect_all("unsigned", u.read(), {0u, 0xffffffffu});
    expect_all("long long", l.read(), {-500000000000LL, 500000000000LL});
    expect_all("unsigned long long", ul.read(), {0ull, ~0ull});
    return finish();
}
