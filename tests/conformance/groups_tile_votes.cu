// Point: ballot, any, all of tiles of 32 and 8.
// Rule: bit i of a tile's ballot is the vote of the thread with rank i in that tile.
#include <cooperative_groups.h>
#include "check.h"
namespace cg = cooperative_groups;

template <int N>
__global__ void votes(unsigned* out) {
    auto tile = cg::tiled_partition<N>(cg::this_thread_block());
    unsigned t = threadIdx.x;
    out[t * 3] = unsigned(tile.ballot(t % 5 == 0));
    out[t * 3 + 1] = tile.any(t == 40) ? 1 : 0;
    out[t * 3 + 2] = tile.all(t != 40) ? 1 : 0;
}

template <int N>
void check(const char* name) {
    Device<unsigned> out(64 * 3);
    votes<N><<<1, 64>>>(out.data);
    std::vector<unsigned> want(64 * 3);
    for (int t = 0; t < 64; t++) {
        for (int rank = 0; rank < N; rank++)
            if ((t / N * N + rank) % 5 == 0) want[t * 3] |= 1u << rank;
        want[t * 3 + 1] = t / N == 40 / N;
        want[t * 3 + 2] = t / N != 40 / N;
    }
    expect_all(name, out.read(), want);
}

int main() {
    check<32>("tile 32");
    check<8>("tile 8");
    return finish();
}
