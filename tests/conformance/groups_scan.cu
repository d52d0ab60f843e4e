// Point: cooperative_groups::inclusive_scan and exclusive_scan over tiles of 32 and 16.
// Rule: thread r gets the sum over ranks 0..r, or 0..r-1 with 0 for rank 0.
#include <cooperative_groups.h>
#include <cooperative_groups/scan.h>
#include "check.h"
namespace cg = cooperative_groups;

template <int N>
__global__ void scan(int* out) {
    auto tile = cg::tiled_partition<N>(cg::this_thread_block());
    int t = threadIdx.x, value = t * 17 % 41;
    out[t * 2] = cg::inclusive_scan(tile, value);
    out[t * 2 + 1] = cg::exclusive_scan(tile, value);
}

template <int N>
void check(const char* name) {
    Device<int> out(128 * 2);
    scan<N><<<1, 128>>>(out.data);
    std::vector<int> want(128 * 2);
    for (int t = 0; t < 128; t++) {
        int value = t * 17 % 41;
        want[t * 2 + 1] = t % N ? want[t * 2 - 2] : 0;
        want[t * 2] = want[t * 2 + 1] + value;
    }
    expect_all(name, out.read(), want);
}

int main() {
    check<32>("tile 32");
    check<16>("tile 16");
    return finish();
}
