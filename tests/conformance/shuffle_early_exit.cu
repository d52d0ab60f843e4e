// Point: lanes that returned before are left out of the mask, and the rest still shuffle.
// Rule: exited threads need not, and can not, take part; the mask names the lanes that are left.
#include "check.h"

__global__ void tail(int* out, int count) {
    int t = threadIdx.x;
    if (t >= count) return;
    unsigned left = count - t / 32 * 32 >= 32 ? 0xffffffffu : (1u << (count % 32)) - 1;
    int first = __shfl_sync(left, t + 7, 0);
    out[t] = first;
}

int main() {
    for (int count : {5, 32, 37, 64, 75}) {
        Device<int> out(96);
        tail<<<1, 96>>>(out, count);
        std::vector<int> want(96);
        for (int t = 0; t < count; t++) want[t] = t / 32 * 32 + 7;
        expect_all(("first " + std::to_string(count)).c_str(), out.read(), want);
    }
    return finish();
}
