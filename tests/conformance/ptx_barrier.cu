// Point: barriers with a number and a count by inline PTX.
// Rule: bar.sync a, b lets b threads pass once that many have come to barrier a; bar.arrive counts without waiting.
// Only: cuda - AMD's hardware has one barrier for all of a block
#include "check.h"

__global__ void halves(int* out) {
    __shared__ int values[128];
    int t = threadIdx.x, half = t / 64;
    for (int round = 0; round < 3; round++) {
        values[t] = t * (round + 1);
        if (half == 0) asm volatile("bar.sync 1, 64;" ::: "memory");
        else asm volatile("bar.sync 2, 64;" ::: "memory");
        int other = values[half * 64 + (t + 1) % 64];
        if (half == 0) asm volatile("bar.sync 1, 64;" ::: "memory");
        else asm volatile("bar.sync 2, 64;" ::: "memory");
        out[round * 128 + t] = other;
    }
}

__global__ void produce(int* out) {
    __shared__ int box[64];
    int t = threadIdx.x;
    if (t < 64) {
        box[t] = t * t;
        asm volatile("bar.arrive 3, 128;" ::: "memory");
    } else {
        asm volatile("bar.sync 3, 128;" ::: "memory");
        out[t - 64] = box[127 - t];
    }
}

int main() {
    Device<int> out(384), sent(64);
    halves<<<1, 128>>>(out);
    std::vector<int> want(384), want_sent(64);
    for (int round = 0; round < 3; round++)
        for (int t = 0; t < 128; t++) want[round * 128 + t] = (t / 64 * 64 + (t + 1) % 64) * (round + 1);
    expect_all("halves", out.read(), want);
    produce<<<1, 128>>>(sent);
    for (int t = 0; t < 64; t++) want_sent[t] = (63 - t) * (63 - t);
    expect_all("sent", sent.read(), want_sent);
    return finish();
}
