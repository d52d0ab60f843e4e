// Point: predicates inside one asm statement, and selection by sign.
// Rule: @p runs an instruction where p holds, @!p where it does not; slct takes the second operand where c is negative.
#include "check.h"

__global__ void compute(const int* in, int* out) {
    int t = threadIdx.x, x = in[t], clipped, mixed;
    asm("{\n\t.reg .pred p, q;\n\tsetp.lt.s32 p, %1, 0;\n\tsetp.gt.or.s32 q, %1, 9, p;\n\tmov.s32 %0, %1;\n\t"
        "@p mov.s32 %0, 0;\n\t@!p min.s32 %0, %0, 9;\n\t@q add.s32 %0, %0, 100;\n\t}"
        : "=&r"(clipped) : "r"(x));
    asm("slct.s32.s32 %0, %1, %2, %3;" : "=r"(mixed) : "r"(t), "r"(-t), "r"(x));
    out[t * 2] = clipped;
    out[t * 2 + 1] = mixed;
}

int main() {
    std::vector<int> values(40), want(80);
    for (int t = 0; t < 40; t++) values[t] = t * t - 200;
    for (int t = 0; t < 40; t++) {
        int x = values[t];
        want[t * 2] = x < 0 ? 100 : x > 9 ? 109 : x;
        want[t * 2 + 1] = x >= 0 ? t : -t;
    }
    Device<int> in(values), out(80);
    compute<<<1, 40>>>(in, out);
    expect_all("values", out.read(), want);
    return finish();
}
