// Point: tiled_partition<32>: rank, size and shuffles of a tile.
// Rule: threads form tiles of 32 in the order of their linear number; shuffles stay in the tile.
#include <cooperative_groups.h>
#include "check.h"
namespace cg = cooperative_groups;

__global__ void tiles(int* out) {
    cg::thread_block block = cg::this_thread_block();
    cg::thread_block_tile<32> tile = cg::tiled_partition<32>(block);
    int t = block.thread_rank();
    int value = t;
    for (int offset = tile.size() / 2; offset > 0; offset /= 2) value += tile.shfl_down(value, offset);
    value = tile.shfl(value, 0);
    out[t * 3] = value;
    out[t * 3 + 1] = tile.thread_rank() * 100 + tile.meta_group_rank();
    out[t * 3 + 2] = tile.meta_group_size();
}

int main() {
    Device<int> out(96 * 3);
    tiles<<<1, 96>>>(out);
    std::vector<int> want(96 * 3);
    for (int t = 0; t < 96; t++) {
        for (int lane = 0; lane < 32; lane++) want[t * 3] += t / 32 * 32 + lane;
        want[t * 3 + 1] = t % 32 * 100 + t / 32;
        want[t * 3 + 2] = 3;
    }
    expect_all("tiles", out.read(), want);
    return finish();
}
