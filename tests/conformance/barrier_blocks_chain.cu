// Point: blocks that wait for the block with the ticket before theirs, as one-pass scans do.
// Rule: a block that runs keeps running; a volatile read sees another block's write behind a fence in the end.
#include "check.h"

__global__ void chain(const int* in, int* out, int* ticket, volatile int* flags, volatile int* sums) {
    __shared__ int mine, before;
    if (threadIdx.x == 0) mine = atomicAdd(ticket, 1);
    __syncthreads();
    int part = mine * 64 + threadIdx.x;
    int total = __syncthreads_count(in[part] != 0);
    if (threadIdx.x == 0) {
        int sum = 0;
        if (mine > 0) {
            while (flags[mine - 1] == 0) {
            }
            __threadfence();
            sum = sums[mine - 1];
        }
        before = sum;
        sums[mine] = sum + total;
        __threadfence();
        flags[mine] = 1;
    }
    __syncthreads();
    out[part] = before;
}

int main() {
    const int blocks = 40, count = blocks * 64;
    std::vector<int> values(count), want(count);
    for (int i = 0; i < count; i++) values[i] = i * 7 % 5 % 2;
    for (int b = 0, sum = 0; b < blocks; b++) {
        int own = 0;
        for (int t = 0; t < 64; t++) {
            want[b * 64 + t] = sum;
            own += values[b * 64 + t] != 0;
        }
        sum += own;
    }
    Device<int> in(values), out(count), ticket(1), flags(blocks), sums(blocks);
    chain<<<blocks, 64>>>(in, out, ticket, flags, sums);
    expect_all("sums of the blocks before", out.read(), want);
    return finish();
}
