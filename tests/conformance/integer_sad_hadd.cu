// Point: __sad, __usad, __hadd, __rhadd and their unsigned forms.
// Rule: sad is |x - y| + z; hadd is the average rounded down, rhadd rounded up, without overflow.
#include "check.h"

__global__ void averages(const int* in, int* out) {
    int t = threadIdx.x, x = in[t], y = in[(t + 1) % 8];
    out[t * 6] = int(__sad(x, y, 7u));
    out[t * 6 + 1] = int(__usad(unsigned(x), unsigned(y), 9u));
    out[t * 6 + 2] = __hadd(x, y);
    out[t * 6 + 3] = __rhadd(x, y);
    out[t * 6 + 4] = int(__uhadd(unsigned(x), unsigned(y)));
    out[t * 6 + 5] = int(__urhadd(unsigned(x), unsigned(y)));
}

int main() {
    std::vector<int> values = {0, 5, -5, 2147483647, 2147483646, -2147483647 - 1, 1000, -3}, want(48);
    for (int t = 0; t < 8; t++) {
        long long x = values[t], y = values[(t + 1) % 8];
        long long ux = unsigned(values[t]), uy = unsigned(values[(t + 1) % 8]);
        want[t * 6] = int((x > y ? x - y : y - x) + 7);
        want[t * 6 + 1] = int((ux > uy ? ux - uy : uy - ux) + 9);
        want[t * 6 + 2] = int((x + y) >> 1);
        want[t * 6 + 3] = int((x + y + 1) >> 1);
        want[t * 6 + 4] = int((ux + uy) >> 1);
        want[t * 6 + 5] = int((ux + uy + 1) >> 1);
    }
    Device<int> in(values), out(48);
    averages<<<1, 8>>>(in, out);
    expect_all("values", out.read(), want);
    return finish();
}
