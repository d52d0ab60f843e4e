// Point: what atomicAdd and atomicSub return: every caller gets another old value.
// Rule: read, change and write are one step; n calls see n different old values.
#include "check.h"

__global__ void tickets(int* up, int* down, int* seen) {
    int ticket = atomicAdd(up, 1);
    seen[ticket] += 1;
    int left = atomicSub(down, 2);
    seen[640 + left / 2 - 1] += 1;
}

int main() {
    Device<int> up(1), down(std::vector<int>{1280}), seen(1280);
    tickets<<<5, 128>>>(up, down, seen);
    expect_all("each once", seen.read(), std::vector<int>(1280, 1));
    expect("up", up.read()[0], 640);
    expect("down", down.read()[0], 0);
    return finish();
}
