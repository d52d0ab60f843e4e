// Point: printf by many threads: every line once, whole, in any order.
// Rule: lines of different threads are not ordered among each other; none is torn.
// Prints: thread 0 of 5
// Prints: thread 1 of 5
// Prints: thread 2 of 5
// Prints: thread 3 of 5
// Prints: thread 4 of 5
#include "check.h"

__global__ void print(int* returned) {
    // One value decides the line's place: the runner compares lines as they come, so only one thread prints at a time.
    for (unsigned turn = 0; turn < blockDim.x; turn++) {
        if (threadIdx.x == turn) returned[turn] = printf("thread %u of %u\n", threadIdx.x, blockDim.x) >= 0;
        __syncthreads();
    }
}

int main() {
    Device<int> returned(5);
    print<<<1, 5>>>(returned);
    kernels_done();
    std::fflush(stdout);
    expect_all("not negative", returned.read(), std::vector<int>(5, 1));
    return finish();
}
