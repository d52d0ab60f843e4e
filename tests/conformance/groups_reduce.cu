// Point: cooperative_groups::reduce over tiles of 32 and 8 with plus and greater.
// Rule: every thread of the tile gets the result over the tile.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include "check.h"
namespace cg = cooperative_groups;

template <int N>
__global__ void reduce(int* out) {
    auto tile = cg::tiled_partition<N>(cg::this_thread_block());
    int t = threadIdx.x, value = t * 17 % 41;
    out[t * 2] = cg::reduce(tile, value, cg::plus<int>());
    out[t * 2 + 1] = cg::reduce(tile, value, cg::greater<int>());
}

template <int N>
void check(const char* name) {
    Device<int> out(128 * 2);
    reduce<N><<<1, 128>>>(out.data);
    std::vector<int> want(128 * 2);
    for (int t = 0; t < 128; t++)
        for (int i = 0; i < N; i++) {
            int value = (t / N * N + i) * 17 % 41;
            want[t * 2] += value;
            if (value > want[t * 2 + 1]) want[t * 2 + 1] = value;
        }
    expect_all(name, out.read(), want);
}

int main() {
    check<32>("tile 32");
    check<8>("tile 8");
    return finish();
}
