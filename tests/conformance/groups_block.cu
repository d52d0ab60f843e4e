// Point: thread_block: sync, rank, index and size in a 2D block.
// Rule: thread_rank counts x first; size is the number of threads; sync is __syncthreads.
#include <cooperative_groups.h>
#include "check.h"
namespace cg = cooperative_groups;

__global__ void block_rank(int* out) {
    __shared__ int row[96];
    cg::thread_block block = cg::this_thread_block();
    int rank = block.thread_rank();
    row[rank] = int(block.group_index().x) * 1000 + int(block.thread_index().y) * 100 + int(block.size());
    block.sync();
    out[blockIdx.x * 96 + rank] = row[95 - rank];
}

int main() {
    Device<int> out(96 * 2);
    block_rank<<<2, dim3(8, 12)>>>(out);
    std::vector<int> want(96 * 2);
    for (int i = 0; i < 96 * 2; i++) want[i] = i / 96 * 1000 + (95 - i % 96) / 8 * 100 + 96;
    expect_all("ranks", out.read(), want);
    return finish();
}
