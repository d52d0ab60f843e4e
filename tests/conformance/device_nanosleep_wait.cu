// Point: warps that wait for other warps of their block with __nanosleep in the loop.
// Rule: warps of one block make progress each by itself; a sleeping warp lets the others run. 64 threads apart, since
// the lanes of one AMD wavefront need not.
#include "check.h"

__global__ void hand_over(int* out) {
    __shared__ volatile int turn;
    int warp = threadIdx.x / 64;
    if (threadIdx.x == 0) turn = 3;
    __syncthreads();
    if (threadIdx.x % 64 == 0) {
        while (turn != warp) __nanosleep(20);
        out[warp] = 100 + turn;
        __threadfence_block();
        turn = warp - 1;
    }
}

int main() {
    Device<int> out(4);
    hand_over<<<1, 256>>>(out);
    expect_all("turns", out.read(), {100, 101, 102, 103});
    return finish();
}
