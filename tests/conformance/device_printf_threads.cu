// Point: printf by many threads: every line once, whole, in any order.
// Rule: lines of different threads are not ordered among each other; none is torn.
#include "check.h"

__global__ void print(int* returned) {
    // One value decides the line's place: the runner compares lines as they come, so only one thread prints at a time.
    for (unsigned turn = 0; turn < blockDim.x; turn++) {
        if (threadIdx.x == turn) returned[turn] = printf("thread %u of %u\n", threadIdx.x, blockDim.x) >= 0;
        __syncthreads();
    }
}

int main() {
    Device<int> returned(40);
    print<<<1, 40>>>(returned);
    kernels_done();
    std::fflush(stdout);
    expect_all("not negative", returned.read(), std::vector<int>(40, 1));
    return finish();
}
