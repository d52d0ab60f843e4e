// Point: the functions umin, umax, llmin, llmax, ullmin and ullmax, whose names hold the type.
// Rule: they compare as the type in the name does.
#include "check.h"

__global__ void extremes(unsigned a, long long b, unsigned long long c, long long* out) {
    out[0] = umin(a, 7u);
    out[1] = umax(a, 7u);
    out[2] = llmin(b, 3LL);
    out[3] = llmax(b, 3LL);
    out[4] = (long long)(ullmin(c, 9ull));
    out[5] = (long long)(ullmax(c, 9ull) >> 60);
}

int main() {
    Device<long long> out(6);
    extremes<<<1, 1>>>(4000000000u, -5000000000LL, ~0ull, out);
    expect_all("values", out.read(), {7LL, 4000000000LL, -5000000000LL, 3LL, 9LL, 15LL});
    return finish();
}
