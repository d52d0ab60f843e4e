// Point: min, max and abs overloads of device code by type.
// Rule: the overload follows the argument types; mixed signedness compares as unsigned.
#include "check.h"

__global__ void extremes(int a, unsigned b, long long c, unsigned long long d, long long* out) {
    out[0] = min(a, 5);
    out[1] = max(a, 5);
    out[2] = max(b, 7u);
    out[3] = min(c, -4000000000LL);
    out[4] = (long long)(max(d, 3ull) >> 60);
    out[5] = abs(a);
    out[6] = llabs(c);
    out[7] = (long long)max(1.5f, 2.5f) + (long long)min(-3.5, 2.0);
}

int main() {
    Device<long long> out(8);
    extremes<<<1, 1>>>(-9, 4000000000u, -5000000000LL, ~0ull, out);
    expect_all("values", out.read(), {-9LL, 5LL, 4000000000LL, -5000000000LL, 15LL, 9LL, 5000000000LL, -1LL});
    return finish();
}
