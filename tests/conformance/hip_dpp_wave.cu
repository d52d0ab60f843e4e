// Point: DPP moves over a whole wavefront of GFX9.
// Only: gfx942 - later hardware has no such moves
// Rule: wave_shr:1 takes the lane below, across rows; row_bcast:15 gives a row's last lane to the next row, row_bcast:31
// lane 31 to the upper half.
#include "check.h"

__global__ void moves(int* out) {
    int t = threadIdx.x, v = t * 10;
    out[t] = __builtin_amdgcn_update_dpp(-1, v, 0x138, 0xf, 0xf, false);
    out[64 + t] = __builtin_amdgcn_update_dpp(-1, v, 0x142, 0xf, 0xf, false);
    out[128 + t] = __builtin_amdgcn_update_dpp(-1, v, 0x143, 0xf, 0xf, false);
    out[192 + t] = __builtin_amdgcn_update_dpp(-1, v, 0x142, 0xa, 0xf, false);
}

int main() {
    Device<int> out(256);
    moves<<<1, 64>>>(out);
    std::vector<int> want(256, -1);
    for (int t = 0; t < 64; t++) {
        if (t > 0) want[t] = (t - 1) * 10;
        if (t >= 16) want[64 + t] = (t / 16 * 16 - 1) * 10;
        if (t >= 32) want[128 + t] = 310;
        if (t / 16 % 2) want[192 + t] = (t / 16 * 16 - 1) * 10;
    }
    expect_all("moves", out.read(), want);
    return finish();
}
