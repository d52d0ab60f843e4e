// Warps whose lanes form groups without branching: every lane is active, and a mask names those of its own group.
#include <cuda_runtime.h>

#include "check.h"

constexpr int BLOCK = 96;
constexpr int BLOCKS = 2;
constexpr int COUNT = BLOCK * BLOCKS;

// Quarters of a warp vote among themselves.
__global__ void quarters(const int* values, int* out) {
    int t = blockIdx.x * blockDim.x + threadIdx.x, lane = threadIdx.x % 32;
    unsigned mine = 0xffu << (lane & 24);
    unsigned odd = __ballot_sync(mine, values[t] & 1);
    int any = __any_sync(mine, values[t] > 80), all = __all_sync(mine, values[t] > 8);
    out[2 * t] = __popc(odd) + 100 * any + 1000 * all;
    out[2 * t + 1] = __shfl_sync(mine, values[t], (lane & 24) + 3) + 100 * (__ffs(odd) - 1 - (lane & 24));
}

// Lanes with the same key reduce among themselves.
__global__ void by_key(const int* values, const int* keys, int* sums, int* peaks, unsigned* bits, int* ranks) {
    int t = blockIdx.x * blockDim.x + threadIdx.x, lane = threadIdx.x % 32;
    unsigned peers = __match_any_sync(0xffffffffu, keys[t]);
    sums[t] = __reduce_add_sync(peers, values[t]);
    peaks[t] = __reduce_max_sync(peers, values[t]);
    bits[t] = __reduce_or_sync(peers, 1u << (values[t] % 32));
    unsigned large = __ballot_sync(peers, values[t] > 50);
    ranks[t] = __popc(large & ((1u << lane) - 1)) + 100 * __popc(peers);
}

int main() {
    std::vector<int> values(COUNT), keys(COUNT), votes(2 * COUNT), sums(COUNT), peaks(COUNT), ranks(COUNT);
    std::vector<unsigned> bits(COUNT);
    for (int i = 0; i < COUNT; ++i) values[i] = (i * 37 + i / 32 * 29) % 101, keys[i] = (i * i + i / 32) % 5;
    for (int i = 0; i < COUNT; ++i) {
        int quarter = i / 8 * 8, odd = 0, any = 0, all = 1, first = -1 - i % 32 / 8 * 8;
        for (int j = quarter + 7; j >= quarter; --j) {
            odd += values[j] & 1, any |= values[j] > 80, all &= values[j] > 8;
            if (values[j] & 1) first = j - quarter;
        }
        votes[2 * i] = odd + 100 * any + 1000 * all;
        votes[2 * i + 1] = values[quarter + 3] + 100 * first;
        int size = 0, below = 0;
        for (int j = i / 32 * 32; j < i / 32 * 32 + 32; ++j)
            if (keys[j] == keys[i]) {
                ++size, sums[i] += values[j], peaks[i] = std::max(peaks[i], values[j]), bits[i] |= 1u << (values[j] % 32);
                below += j < i && values[j] > 50;
            }
        ranks[i] = below + 100 * size;
    }
    Array<int> d_values(values), d_keys(keys), d_votes(2 * COUNT), d_sums(COUNT), d_peaks(COUNT), d_ranks(COUNT);
    Array<unsigned> d_bits(COUNT);
    quarters<<<BLOCKS, BLOCK>>>(d_values.data, d_votes.data);
    by_key<<<BLOCKS, BLOCK>>>(d_values.data, d_keys.data, d_sums.data, d_peaks.data, d_bits.data, d_ranks.data);
    show("quarters", d_votes.read(), votes);
    show("sums", d_sums.read(), sums);
    show("peaks", d_peaks.read(), peaks);
    show("bits", d_bits.read(), bits);
    show("ranks", d_ranks.read(), ranks);
    return finish();
}
