// Point: stream compaction in a warp: the rank of a lane is the number of ballot bits below it.
// Rule: popc of the ballot and of the ballot below the lane count lanes of the warp of 32.
#include "check.h"

__global__ void compact(const int* in, int* out, int* kept) {
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    int value = in[threadIdx.x];
    unsigned ballot = __ballot_sync(0xffffffffu, value > 50);
    if (value > 50) out[warp * 32 + __popc(ballot & ((1u << lane) - 1))] = value;
    if (lane == 0) kept[warp] = __popc(ballot);
}

int main() {
    std::vector<int> values(256), want(256), want_kept(8);
    for (int t = 0; t < 256; t++) {
        values[t] = t * 29 % 100;
        if (values[t] > 50) want[t / 32 * 32 + want_kept[t / 32]++] = values[t];
    }
    Device<int> in(values), out(256), kept(8);
    compact<<<1, 256>>>(in, out, kept);
    expect_all("compacted", out.read(), want);
    expect_all("kept", kept.read(), want_kept);
    return finish();
}
