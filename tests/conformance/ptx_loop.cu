// Point: a loop inside one asm statement.
// Only: cuda - the port leaves control flow inside of assembly to a person
// Rule: labels are local to their braces; each thread takes the branch by its own predicate.
#include "check.h"

__global__ void count(const int* in, int* out) {
    int t = threadIdx.x, steps;
    asm("{\n\t.reg .pred more;\n\t.reg .s32 left;\n\tmov.s32 left, %1;\n\tmov.s32 %0, 0;\n"
        "again:\n\tsetp.gt.s32 more, left, 0;\n\t@!more bra done;\n\tadd.s32 %0, %0, 1;\n\tshr.s32 left, left, 1;\n\tbra again;\n"
        "done:\n\t}"
        : "=&r"(steps) : "r"(in[t]));
    out[t] = steps;
}

int main() {
    std::vector<int> values(40), want(40);
    for (int t = 0; t < 40; t++) {
        values[t] = t * t - 200;
        for (int left = values[t]; left > 0; left >>= 1) want[t]++;
    }
    Device<int> in(values), out(40);
    count<<<1, 40>>>(in, out);
    expect_all("steps", out.read(), want);
    return finish();
}
