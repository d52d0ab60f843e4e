// Point: __dp4a and __dp2a, signed and unsigned.
// Rule: dp4a adds the four products of bytes to c; dp2a_lo takes two 16-bit numbers of a and the lower bytes of b.
#include "check.h"

__global__ void dots(int a, int b, int* out) {
    out[0] = __dp4a(a, b, 100);
    out[1] = int(__dp4a(unsigned(a), unsigned(b), 100u));
    out[2] = __dp2a_lo(a, b, 5);
    out[3] = __dp2a_hi(a, b, 5);
}

int main() {
    const int a = int(0xff7f8001u), b = int(0x02fe03fdu);
    int want[4] = {100, 100, 5, 5};
    for (int i = 0; i < 4; i++) {
        want[0] += int((signed char)(a >> 8 * i)) * int((signed char)(b >> 8 * i));
        want[1] += int((unsigned char)(a >> 8 * i)) * int((unsigned char)(b >> 8 * i));
    }
    for (int i = 0; i < 2; i++) {
        want[2] += int(short(a >> 16 * i)) * int((signed char)(b >> 8 * i));
        want[3] += int(short(a >> 16 * i)) * int((signed char)(b >> (16 + 8 * i)));
    }
    Device<int> out(4);
    dots<<<1, 1>>>(a, b, out);
    expect_all("dots", out.read(), std::vector<int>(want, want + 4));
    return finish();
}
