// Point: tiles of 16, 4 and 1 threads.
// Rule: tiled_partition<N> makes groups of N consecutive threads; ranks start at 0 in each.
#include <cooperative_groups.h>
#include "check.h"
namespace cg = cooperative_groups;

template <int N>
__global__ void tiles(int* out) {
    auto tile = cg::tiled_partition<N>(cg::this_thread_block());
    int t = threadIdx.x, value = t;
    for (int offset = N / 2; offset > 0; offset /= 2) value += tile.shfl_xor(value, offset);
    out[t] = value * 100 + tile.thread_rank();
}

template <int N>
void check(const char* name) {
    Device<int> out(64);
    tiles<N><<<1, 64>>>(out.data);
    std::vector<int> want(64);
    for (int t = 0; t < 64; t++) {
        int sum = 0;
        for (int i = 0; i < N; i++) sum += t / N * N + i;
        want[t] = sum * 100 + t % N;
    }
    expect_all(name, out.read(), want);
}

int main() {
    check<16>("tile 16");
    check<4>("tile 4");
    check<1>("tile 1");
    return finish();
}
