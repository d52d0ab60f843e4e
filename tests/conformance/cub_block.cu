// Point: block-wide reduction, scan and sort, and warp-wide ones, of CUB.
// Rule: reductions are valid in thread 0 (lane 0); scans in every thread; a logical warp has 32 threads by default.
#include <cub/cub.cuh>
#include "check.h"

__global__ void collectives(const int* in, int* out) {
    typedef cub::BlockReduce<int, 128> Reduce;
    typedef cub::BlockScan<int, 128> Scan;
    typedef cub::WarpReduce<int> WarpSum;
    __shared__ union {
        typename Reduce::TempStorage reduce;
        typename Scan::TempStorage scan;
        typename WarpSum::TempStorage warp[4];
    } storage;
    int t = threadIdx.x, value = in[t];
    int sum = Reduce(storage.reduce).Sum(value);
    __syncthreads();
    int before;
    Scan(storage.scan).ExclusiveSum(value, before);
    __syncthreads();
    int warp_sum = WarpSum(storage.warp[t / 32]).Sum(value);
    out[t] = before;
    if (t == 0) out[128] = sum;
    if (t % 32 == 0) out[129 + t / 32] = warp_sum;
}

int main() {
    std::vector<int> values(128), want(133);
    for (int t = 0; t < 128; t++) {
        values[t] = t * 31 % 23 - 5;
        want[t] = want[128];
        want[128] += values[t];
        want[129 + t / 32] += values[t];
    }
    Device<int> in(values), out(133);
    collectives<<<1, 128>>>(in, out);
    expect_all("scan, sum, warp sums", out.read(), want);
    return finish();
}
