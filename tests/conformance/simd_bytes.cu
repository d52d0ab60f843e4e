// Point: SIMD-in-a-word intrinsics on four bytes.
// Rule: each byte is computed by itself; plain forms wrap, ss and us forms saturate, compares give 0xff or 0.
#include "check.h"

__global__ void bytes(const unsigned* a, const unsigned* b, unsigned* out) {
    int t = threadIdx.x;
    unsigned x = a[t], y = b[t], *row = out + t * 12;
    row[0] = __vadd4(x, y);
    row[1] = __vsub4(x, y);
    row[2] = __vaddss4(x, y);
    row[3] = __vaddus4(x, y);
    row[4] = __vsubss4(x, y);
    row[5] = __vsubus4(x, y);
    row[6] = __vabsdiffu4(x, y);
    row[7] = __vmaxs4(x, y);
    row[8] = __vminu4(x, y);
    row[9] = __vavgu4(x, y);
    row[10] = __vcmpeq4(x, y);
    row[11] = __vcmpgtu4(x, y);
}

int clamp(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

int main() {
    std::vector<unsigned> a(32), b(32), want(32 * 12);
    for (int t = 0; t < 32; t++) {
        a[t] = 0x7f80ff01u * (t + 1) ^ 0x00112233u;
        b[t] = t % 4 == 0 ? a[t] ^ 0xff000000u : 0x80018001u * (3 * t + 7);
        for (int i = 0; i < 4; i++) {
            int x = a[t] >> 8 * i & 255, y = b[t] >> 8 * i & 255, sx = (signed char)x, sy = (signed char)y;
            int each[12] = {x + y, x - y, clamp(sx + sy, -128, 127), clamp(x + y, 0, 255), clamp(sx - sy, -128, 127),
                            clamp(x - y, 0, 255), x > y ? x - y : y - x, sx > sy ? sx : sy, x < y ? x : y,
                            (x + y + 1) / 2, x == y ? 255 : 0, x > y ? 255 : 0};
            for (int f = 0; f < 12; f++) want[t * 12 + f] |= unsigned(each[f] & 255) << 8 * i;
        }
    }
    Device<unsigned> x(a), y(b), out(32 * 12);
    bytes<<<1, 32>>>(x, y, out);
    expect_all("bytes", out.read(), want);
    return finish();
}
