// Warps that work on rows of different lengths: masks of some lanes, votes, matches, scans and leaders.
#include <cuda_runtime.h>

#include "check.h"

constexpr unsigned ALL = 0xffffffffu;
constexpr int BLOCK = 160;  // five warps: the last wavefront of 64 is half empty
constexpr int BLOCKS = 3;
constexpr int COUNT = BLOCK * BLOCKS;

__device__ int lane_id() { return threadIdx.x % 32; }

// The sum over the lanes of a mask, for each of them.
__device__ int masked_sum(unsigned mask, int value) {
    int sum = 0;
    for (unsigned left = mask; left; left &= left - 1) sum += __shfl_sync(mask, value, __ffs(left) - 1);
    return sum;
}

__global__ void rows(const int* values, int* sums, int* counts, int limit) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    int lane = threadIdx.x & 31;
    int value = values[t];
    unsigned low = __ballot_sync(ALL, value < limit);
    if (value < limit) {
        sums[t] = masked_sum(low, value);
        counts[t] = __popc(__ballot_sync(low, value & 1)) + 100 * __popc(__activemask() & ((1u << lane) - 1));
        if (__any_sync(low, value < 4 * (threadIdx.x / 32 % 2))) sums[t] += 1000;  // in every other warp
        if (__all_sync(low, value < limit - 1)) counts[t] += 10000;
    } else {
        sums[t] = -masked_sum(~low, value);
        counts[t] = __popc(~low);
    }
}

__global__ void scan(const int* values, int* through, int* heads) {
    __shared__ int carried[BLOCK / 32];
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    int lane = lane_id(), warp = threadIdx.x / 32;
    int sum = values[t];
    for (int step = 1; step < 32; step *= 2) {
        int below = __shfl_up_sync(ALL, sum, step);
        if (lane >= step) sum += below;
    }
    if (lane == 31) carried[warp] = sum;
    __syncthreads();
    for (int before = 0; before < warp; ++before) sum += carried[before];
    through[t] = sum;
    int first = __shfl_sync(ALL, sum, 0), next = __shfl_down_sync(ALL, sum, 1);
    heads[t] = first + (lane < 31 ? next : 0);
}

// One atomic for all lanes with the same key.
__global__ void keys(const int* values, int* histogram, int* leaders) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    int key = values[t] % 7;
    unsigned same = __match_any_sync(ALL, key);
    int leader = __ffs(same) - 1;
    leaders[t] = leader + 100 * __popc(same);
    if (lane_id() == leader) atomicAdd(&histogram[key], __popc(same));
    int largest = __reduce_max_sync(ALL, values[t]);
    if (lane_id() == 0) atomicAdd(&histogram[7], largest);
    unsigned odd = __ballot_sync(ALL, values[t] & 1);
    if (values[t] & 1) {
        int total = __reduce_add_sync(odd, values[t]);
        if (lane_id() == __ffs(odd) - 1) atomicAdd(&histogram[8], total);
    }
}

// A bitonic sort of the 32 values of each warp.
__global__ void sort(const int* values, int* sorted) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    int lane = lane_id(), mine = values[t];
    for (int size = 2; size <= 32; size *= 2)
        for (int step = size / 2; step > 0; step /= 2) {
            int other = __shfl_xor_sync(ALL, mine, step);
            bool up = (lane & size) == 0, lower = (lane & step) == 0;
            mine = up == lower ? min(mine, other) : max(mine, other);
        }
    sorted[t] = mine;
}

int main() {
    const int limit = 40;
    std::vector<int> values(COUNT), sums(COUNT), counts(COUNT), through(COUNT), heads(COUNT), leaders(COUNT), sorted(COUNT);
    std::vector<int> histogram(9);
    for (int i = 0; i < COUNT; ++i) values[i] = (i * 37 + i / 32 * 11) % 101;
    for (int base = 0; base < COUNT; base += 32) {
        int low = 0, high = 0, lows = 0, odd = 0, zero = 0, below = 1;
        for (int i = base; i < base + 32; ++i) {
            if (values[i] >= limit) { high += values[i]; continue; }
            low += values[i], ++lows, odd += values[i] & 1, zero += values[i] < 4 * (base % BLOCK / 32 % 2), below &= values[i] < limit - 1;
        }
        for (int i = base, rank = 0; i < base + 32; ++i) {
            bool is_low = values[i] < limit;
            sums[i] = is_low ? low + (zero ? 1000 : 0) : -high;
            counts[i] = is_low ? odd + 100 * rank++ + (below ? 10000 : 0) : 32 - lows;
            through[i] = (i % BLOCK ? through[i - 1] : 0) + values[i];
            sorted[i] = values[i];
            int same = 0, leader = 32;
            for (int j = base; j < base + 32; ++j)
                if (values[j] % 7 == values[i] % 7) ++same, leader = std::min(leader, j - base);
            leaders[i] = leader + 100 * same;
            ++histogram[values[i] % 7];
            histogram[8] += values[i] & 1 ? values[i] : 0;
        }
        histogram[7] += *std::max_element(values.begin() + base, values.begin() + base + 32);
        for (int i = base; i < base + 32; ++i)
            for (int j = base; j + 1 < base + 32; ++j)
                if (sorted[j] > sorted[j + 1]) std::swap(sorted[j], sorted[j + 1]);
    }
    for (int i = 0; i < COUNT; ++i) heads[i] = through[i / 32 * 32] + (i % 32 < 31 ? through[i + 1] : 0);

    Array<int> in(values), d_sums(COUNT), d_counts(COUNT), d_through(COUNT), d_heads(COUNT), d_leaders(COUNT);
    Array<int> d_sorted(COUNT), d_histogram(9);
    d_histogram.clear();
    rows<<<BLOCKS, BLOCK>>>(in.data, d_sums.data, d_counts.data, limit);
    scan<<<BLOCKS, BLOCK>>>(in.data, d_through.data, d_heads.data);
    keys<<<BLOCKS, BLOCK>>>(in.data, d_histogram.data, d_leaders.data);
    sort<<<BLOCKS, BLOCK>>>(in.data, d_sorted.data);
    show("sums of masks", d_sums.read(), sums);
    show("counts of masks", d_counts.read(), counts);
    show("scan", d_through.read(), through);
    show("heads", d_heads.read(), heads);
    show("leaders", d_leaders.read(), leaders);
    show("histogram", d_histogram.read(), histogram);
    show("sorted", d_sorted.read(), sorted);
    return finish();
}
