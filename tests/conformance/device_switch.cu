// Point: a switch with fallthrough and loops of different lengths in one warp.
// Rule: each thread follows its own path; paths join behind the branch.
#include "check.h"

__global__ void paths(int* out) {
    int t = threadIdx.x, value = 0;
    switch (t % 5) {
        case 0: value += 1;
        case 1: value += 10; break;
        case 2:
            for (int i = 0; i < t; i++) {
                if (i == 7) continue;
                if (i == 20) break;
                value += i;
            }
            break;
        case 3: {
            int n = t;
            while (n != 1) {
                n = n % 2 ? 3 * n + 1 : n / 2;
                value++;
            }
            break;
        }
        default: value = -t;
    }
    out[t] = value;
}

int main() {
    Device<int> out(100);
    paths<<<1, 100>>>(out);
    std::vector<int> want(100);
    for (int t = 0; t < 100; t++) {
        int n = t;
        if (t % 5 <= 1) want[t] = t % 5 == 0 ? 11 : 10;
        else if (t % 5 == 2) for (int i = 0; i < t && i < 20; i++) want[t] += i == 7 ? 0 : i;
        else if (t % 5 == 3) for (; n != 1; want[t]++) n = n % 2 ? 3 * n + 1 : n / 2;
        else want[t] = -t;
    }
    expect_all("paths", out.read(), want);
    return finish();
}
