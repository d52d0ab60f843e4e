// Point: arguments of many sizes: chars, doubles, structs, small arrays, empty structs.
// Rule: each argument reaches the kernel with its own size and alignment.
#include "check.h"

struct Empty {};
struct Small {
    char letters[3];
};
struct Wide {
    double x;
    char tag;
    float rows[2][3];
};

__global__ void take(char a, Empty, double b, Small c, short d, Wide e, const int* f, bool g, float4 h, double* out) {
    out[0] = a + b + c.letters[0] + c.letters[2] + d;
    out[1] = e.x + e.tag + e.rows[1][2];
    out[2] = *f + (g ? 0.5 : 0.25) + h.w;
}

int main() {
    Device<int> number(std::vector<int>{9});
    Device<double> out(3);
    Small c = {{1, 2, 3}};
    Wide e = {100.5, 7, {{0, 1, 2}, {3, 4, 50}}};
    take<<<1, 1>>>(char(-4), Empty(), 2.25, c, short(-1000), e, number, true, make_float4(1, 2, 3, 4000), out);
    expect_all("sums", out.read(), {-4 + 2.25 + 4 - 1000, 100.5 + 7 + 50, 9 + 0.5 + 4000});
    return finish();
}
