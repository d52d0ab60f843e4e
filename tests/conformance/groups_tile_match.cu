// Point: match_any of a tile of 32.
// Rule: bit i of the result is set where the thread of rank i in the same tile passed the same value.
#include <cooperative_groups.h>
#include "check.h"
namespace cg = cooperative_groups;

__global__ void match(unsigned* out) {
    auto tile = cg::tiled_partition<32>(cg::this_thread_block());
    int t = threadIdx.x;
    out[t] = unsigned(tile.match_any(t * t % 11));
}

int main() {
    Device<unsigned> out(64);
    match<<<1, 64>>>(out);
    std::vector<unsigned> want(64);
    for (int t = 0; t < 64; t++)
        for (int rank = 0; rank < 32; rank++) {
            int other = t / 32 * 32 + rank;
            if (other * other % 11 == t * t % 11) want[t] |= 1u << rank;
        }
    expect_all("masks", out.read(), want);
    return finish();
}
