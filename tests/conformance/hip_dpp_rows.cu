// Point: DPP moves within rows of 16 lanes and within quads.
// Only: hip - AMD's builtins
// Rule: quad_perm takes any lane of the four; row_shl/row_shr move by up to 15 and leave the old value where the row
// ends (0 with bound_ctrl); row_ror rotates; row_mirror reverses 16 lanes, row_half_mirror 8.
#include "check.h"

__global__ void width(int* out) { *out = __builtin_amdgcn_wavefrontsize(); }

__global__ void moves(int* out) {
    int t = threadIdx.x, v = t * 10, old = -1 - t, n = blockDim.x;
    out[t] = __builtin_amdgcn_update_dpp(old, v, 0x1b, 0xf, 0xf, false);          // quad_perm 3,2,1,0
    out[n + t] = __builtin_amdgcn_update_dpp(old, v, 0x103, 0xf, 0xf, false);     // row_shl by 3
    out[2 * n + t] = __builtin_amdgcn_update_dpp(old, v, 0x115, 0xf, 0xf, false); // row_shr by 5
    out[3 * n + t] = __builtin_amdgcn_update_dpp(old, v, 0x115, 0xf, 0xf, true);
    out[4 * n + t] = __builtin_amdgcn_update_dpp(old, v, 0x124, 0xf, 0xf, false); // row_ror by 4
    out[5 * n + t] = __builtin_amdgcn_update_dpp(old, v, 0x140, 0xf, 0xf, false); // row_mirror
    out[6 * n + t] = __builtin_amdgcn_update_dpp(old, v, 0x141, 0xf, 0xf, false); // row_half_mirror
    out[7 * n + t] = __builtin_amdgcn_update_dpp(old, v, 0x140, 0x5, 0x3, false); // rows 0 and 2, banks 0 and 1
}

int main() {
    const int n = 64;
    Device<int> out(8 * n);
    moves<<<1, n>>>(out);
    std::vector<int> want(8 * n);
    Device<int> size(1);
    width<<<1, 1>>>(size);
    int wave = size.read()[0];
    for (int t = 0; t < n; t++) {
        int row = t / 16 * 16, at = t % 16, old = -1 - t, row_of_wave = t % wave / 16;
        want[t] = (t / 4 * 4 + 3 - t % 4) * 10;
        want[n + t] = at + 3 < 16 ? (t + 3) * 10 : old;
        want[2 * n + t] = at >= 5 ? (t - 5) * 10 : old;
        want[3 * n + t] = at >= 5 ? (t - 5) * 10 : 0;
        want[4 * n + t] = (row + (at + 12) % 16) * 10;
        want[5 * n + t] = (row + 15 - at) * 10;
        want[6 * n + t] = (t / 8 * 8 + 7 - t % 8) * 10;
        bool written = row_of_wave % 2 == 0 && at / 4 < 2;
        want[7 * n + t] = written ? (row + 15 - at) * 10 : old;
    }
    expect_all("moves", out.read(), want);
    return finish();
}
