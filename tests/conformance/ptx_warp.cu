// Point: shuffles, votes and matches by inline PTX.
// Rule: shfl.sync gives the value and whether the lane read lay inside its segment; c packs clamp and segment.
#include "check.h"

__global__ void exchange(const int* in, int* out) {
    int t = threadIdx.x, v = in[t], got, inside;
    unsigned votes;
    asm volatile("shfl.sync.bfly.b32 %0, %1, 7, 31, 0xffffffff;" : "=r"(got) : "r"(v));
    out[t] = got;
    asm volatile("{\n\t.reg .pred p;\n\tshfl.sync.up.b32 %0|p, %2, 3, 0x1000, 0xffffffff;\n\tselp.s32 %1, 1, 0, p;\n\t}"
                 : "=r"(got), "=r"(inside) : "r"(v));
    out[64 + t] = inside ? got : -1;
    asm volatile("shfl.sync.idx.b32 %0, %1, %2, 31, 0xffffffff;" : "=r"(got) : "r"(v), "r"((t * 5 + 2) % 32));
    out[128 + t] = got;
    asm volatile("{\n\t.reg .pred p;\n\tsetp.gt.s32 p, %1, 50;\n\tvote.sync.ballot.b32 %0, p, 0xffffffff;\n\t}"
                 : "=r"(votes) : "r"(v));
    out[192 + t] = int(votes);
}

int main() {
    std::vector<int> values(64), want(256);
    for (int t = 0; t < 64; t++) values[t] = t * 37 % 101;
    for (int t = 0; t < 64; t++) {
        int first = t / 32 * 32, lane = t % 32;
        want[t] = values[first + (lane ^ 7)];
        want[64 + t] = lane % 16 >= 3 ? values[t - 3] : -1;  // segments of 16
        want[128 + t] = values[first + (t * 5 + 2) % 32];
        unsigned votes = 0;
        for (int i = 0; i < 32; i++) votes |= unsigned(values[first + i] > 50) << i;
        want[192 + t] = int(votes);
    }
    Device<int> in(values), out(256);
    exchange<<<1, 64>>>(in, out);
    expect_all("exchanged", out.read(), want);
    return finish();
}
