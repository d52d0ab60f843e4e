// Warps of one block that hand work to each other through shared memory, and blocks that finish each other's work.
#include <cuda_runtime.h>

#include "check.h"

constexpr int BLOCK = 128;
constexpr int ROUNDS = 4;

// The first two warps produce, the others wait for them: flags are volatile, data is fenced.
__global__ void hand_over(const int* in, int* out) {
    __shared__ int data[BLOCK / 2];
    __shared__ volatile int ready[2];
    int t = threadIdx.x, warp = t / 32, lane = t % 32;
    if (t < 2) ready[t] = 0;
    __syncthreads();
    if (warp < 2) {
        data[t] = in[blockIdx.x * (BLOCK / 2) + t] * 3;
        __syncwarp();
        __threadfence_block();
        if (lane == 0) ready[warp] = 1;
    } else {
        if (lane == 0)
            while (ready[warp - 2] == 0) {
            }
        __syncwarp();
        __threadfence_block();
        out[blockIdx.x * (BLOCK / 2) + t - BLOCK / 2] = data[(warp - 2) * 32 + (lane + 1) % 32] + 1;
    }
}

// Each block leaves a sum; the last one to come adds them up and makes all ready for the next launch.
__global__ void total(const int* in, int count, volatile int* sums, unsigned* arrived, int* out) {
    __shared__ int partial[BLOCK];
    __shared__ bool last;
    int t = threadIdx.x, mine = 0;
    for (int i = blockIdx.x * blockDim.x + t; i < count; i += gridDim.x * blockDim.x) mine += in[i];
    partial[t] = mine;
    for (int half = BLOCK / 2; half > 0; half /= 2) {
        __syncthreads();
        if (t < half) partial[t] += partial[t + half];
    }
    if (t == 0) {
        sums[blockIdx.x] = partial[0];
        __threadfence();
        last = atomicInc(arrived, gridDim.x - 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (last) {
        partial[t] = t < gridDim.x ? sums[t] : 0;
        for (int half = BLOCK / 2; half > 0; half /= 2) {
            __syncthreads();
            if (t < half) partial[t] += partial[t + half];
        }
        if (t == 0) *out += partial[0];
    }
}

// A stencil that takes turns between two halves of shared memory.
__global__ void smooth(const int* in, int* out) {
    __shared__ int row[2][BLOCK + 2];
    int t = threadIdx.x, base = blockIdx.x * BLOCK;
    row[0][t + 1] = in[base + t];
    if (t == 0) {
        row[0][0] = row[1][0] = in[base];
        row[0][BLOCK + 1] = row[1][BLOCK + 1] = in[base + BLOCK - 1];
    }
    __syncthreads();
    for (int round = 0; round < ROUNDS; ++round) {
        const int* from = row[round % 2];
        row[1 - round % 2][t + 1] = from[t] + from[t + 1] + from[t + 2];
        __syncthreads();
    }
    out[base + t] = row[ROUNDS % 2][t + 1];
}

// A histogram in shared memory, then in global memory; the bins of a block are its own.
__global__ void count_values(const int* in, int count, int bins, int* out) {
    extern __shared__ int local[];
    for (int i = threadIdx.x; i < bins; i += blockDim.x) local[i] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
        atomicAdd(&local[in[i] % bins], 1);
    __syncthreads();
    for (int i = threadIdx.x; i < bins; i += blockDim.x) atomicAdd(&out[i], local[i]);
}

int main() {
    const int blocks = 5, count = blocks * BLOCK, bins = 50;
    std::vector<int> in(count), handed(count / 2), smoothed(count), histogram(bins);
    int sum = 0;
    for (int i = 0; i < count; ++i) {
        in[i] = i * 31 % 97;
        sum += in[i];
        ++histogram[in[i] % bins];
    }
    for (int i = 0; i < count / 2; ++i) handed[i] = in[i / 32 * 32 + (i + 1) % 32] * 3 + 1;
    for (int base = 0; base < count; base += BLOCK) {
        std::vector<int> row(in.begin() + base, in.begin() + base + BLOCK);
        for (int round = 0; round < ROUNDS; ++round) {
            std::vector<int> next(row);
            for (int i = 0; i < BLOCK; ++i)
                next[i] = (i ? row[i - 1] : in[base]) + row[i] + (i + 1 < BLOCK ? row[i + 1] : in[base + BLOCK - 1]);
            row = next;
        }
        std::copy(row.begin(), row.end(), smoothed.begin() + base);
    }

    Array<int> d_in(in), d_handed(count / 2), sums(blocks), d_total(1), d_smoothed(count), d_histogram(bins);
    Array<unsigned> arrived(1);
    hand_over<<<blocks, BLOCK>>>(d_in.data, d_handed.data);
    show("handed over", d_handed.read(), handed);
    d_total.clear();
    arrived.clear();
    for (int run = 0; run < 2; ++run) total<<<blocks, BLOCK>>>(d_in.data, count, sums.data, arrived.data, d_total.data);
    show("total", d_total.read(), std::vector<int>{2 * sum});
    smooth<<<blocks, BLOCK>>>(d_in.data, d_smoothed.data);
    show("smoothed", d_smoothed.read(), smoothed);
    d_histogram.clear();
    count_values<<<3, BLOCK, bins * sizeof(int)>>>(d_in.data, count, bins, d_histogram.data);
    show("counted", d_histogram.read(), histogram);
    return finish();
}
