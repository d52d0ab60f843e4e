// Point: ds_bpermute, ds_permute, ds_swizzle, readlane and readfirstlane.
// Only: hip - AMD's builtins
// Rule: bpermute reads from the lane at address / 4, permute sends to it (the highest of several senders wins), unsent
// lanes get 0; both wrap at the wavefront. swizzle works on 32 lanes: ((lane & and) | or) ^ xor.
#include "check.h"

__global__ void width(int* out) { *out = __builtin_amdgcn_wavefrontsize(); }

__global__ void move(int* out) {
    int t = threadIdx.x, n = blockDim.x, v = t * 10 + 1;
    out[t] = __builtin_amdgcn_ds_bpermute((t * 3 + 1) * 4, v);
    out[n + t] = __builtin_amdgcn_ds_permute((t ^ 5) * 4, v);
    out[2 * n + t] = __builtin_amdgcn_ds_swizzle(v, 0x1f | 0 << 5 | 0x10 << 10);   // the other 16
    out[3 * n + t] = __builtin_amdgcn_ds_swizzle(v, 0x1c | 0x2 << 5 | 0 << 10);
    out[4 * n + t] = __builtin_amdgcn_readlane(v, 9);
    out[5 * n + t] = -1;
    if (t % 4 == 3) out[5 * n + t] = __builtin_amdgcn_readfirstlane(v);
}

__global__ void collide(int* out) {
    int t = threadIdx.x;
    out[t] = __builtin_amdgcn_ds_permute(t / 8 * 4, t + 100);
}

int main() {
    Device<int> size(1);
    width<<<1, 1>>>(size);
    int wave = size.read()[0];
    const int n = 64;
    Device<int> out(6 * n), few(n);
    move<<<1, n>>>(out);
    std::vector<int> want(6 * n, -1);
    for (int t = 0; t < n; t++) {
        int first = t / wave * wave;
        auto value = [](int lane) { return lane * 10 + 1; };
        want[t] = value(first + (t * 3 + 1) % wave);
        want[n + t] = value(t ^ 5);
        want[2 * n + t] = value(t ^ 16);
        want[3 * n + t] = value(t / 32 * 32 + ((t % 32 & 0x1c) | 2));
        want[4 * n + t] = value(first + 9);
        if (t % 4 == 3) want[5 * n + t] = value(first + 3);
    }
    expect_all("moved", out.read(), want);
    collide<<<1, wave>>>(few);
    std::vector<int> sent(n, 0);
    for (int t = 0; t < wave / 8; t++) sent[t] = 100 + t * 8 + 7;
    expect_all("sent", few.read(), sent);
    return finish();
}
