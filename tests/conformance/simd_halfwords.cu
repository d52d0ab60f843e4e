// Point: SIMD-in-a-word intrinsics on two halfwords.
// Rule: as for bytes, on 16 bits; vabsss2 and vnegss2 saturate the smallest number.
#include "check.h"

__global__ void halfwords(const unsigned* a, const unsigned* b, unsigned* out) {
    int t = threadIdx.x;
    unsigned x = a[t], y = b[t], *row = out + t * 8;
    row[0] = __vadd2(x, y);
    row[1] = __vsub2(x, y);
    row[2] = __vaddss2(x, y);
    row[3] = __vsubus2(x, y);
    row[4] = __vmaxu2(x, y);
    row[5] = __vmins2(x, y);
    row[6] = __vabsss2(x);
    row[7] = __vcmpges2(x, y);
}

int clamp(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

int main() {
    std::vector<unsigned> a(32), b(32), want(32 * 8);
    for (int t = 0; t < 32; t++) {
        a[t] = t == 0 ? 0x80007fffu : 0x9e3779b9u * (t + 1);
        b[t] = t == 0 ? 0xffff0001u : 0x85ebca6bu * (3 * t + 7);
        for (int i = 0; i < 2; i++) {
            int x = a[t] >> 16 * i & 65535, y = b[t] >> 16 * i & 65535, sx = short(x), sy = short(y);
            int each[8] = {x + y, x - y, clamp(sx + sy, -32768, 32767), clamp(x - y, 0, 65535), x > y ? x : y,
                           sx < sy ? sx : sy, clamp(sx < 0 ? -sx : sx, -32768, 32767), sx >= sy ? 65535 : 0};
            for (int f = 0; f < 8; f++) want[t * 8 + f] |= unsigned(each[f] & 65535) << 16 * i;
        }
    }
    Device<unsigned> x(a), y(b), out(32 * 8);
    halfwords<<<1, 32>>>(x, y, out);
    expect_all("halfwords", out.read(), want);
    return finish();
}
