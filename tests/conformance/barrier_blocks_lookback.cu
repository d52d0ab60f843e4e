// Point: a warp each lane of which waits for another block, and then adds over its lanes.
// Rule: a warp operation takes all lanes that its mask names, however long one of them waited; the blocks of a cooperative
// launch all run at the same time.
#include "check.h"

__global__ void look_back(const int* in, int* out, volatile int* flags, volatile int* parts) {
    int t = threadIdx.x, block = blockIdx.x, own = in[block * 32 + t];
    for (int step = 16; step > 0; step /= 2) own += __shfl_xor_sync(0xffffffffu, own, step);
    if (t == 0) {
        parts[block] = own;
        __threadfence();
        flags[block] = 1;
    }
    int sum = 0;
    for (int other = t; other < block; other += 32) {
        while (flags[other] == 0) {
        }
        __threadfence();
        sum += parts[other];
    }
    for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, step);
    out[block * 32 + t] = sum;
}

int main() {
    const int blocks = 40, count = blocks * 32;
    std::vector<int> values(count), want(count);
    for (int i = 0; i < count; i++) values[i] = i * 31 % 17;
    int sum = 0;
    for (int b = 0; b < blocks; b++) {
        for (int t = 0; t < 32; t++) want[b * 32 + t] = sum;
        for (int t = 0; t < 32; t++) sum += values[b * 32 + t];
    }
    Device<int> in(values), out(count), flags(blocks), parts(blocks);
    void* args[] = {&in.data, &out.data, &flags.data, &parts.data};
    must(cudaLaunchCooperativeKernel((void*)look_back, dim3(blocks), dim3(32), args, 0, 0), "cooperative launch");
    expect_all("sums of the blocks before", out.read(), want);
    return finish();
}
