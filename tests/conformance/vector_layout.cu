// Point: sizes and alignments of the built-in vector types, on the host and on the device.
// Rule: the table of the programming guide: 3-vectors align as their element, 2- and 4-vectors up to 16 bytes as a whole.
#include "check.h"

struct Mixed {
    char a;
    float3 b;
    char c;
    float4 d;
    char e;
    double2 f;
    short2 g;
    uchar4 h;
};

#define SIZES(row)                                                                                        \
    {                                                                                                     \
        int all[] = {sizeof(float3), alignof(float3), sizeof(float4), alignof(float4), sizeof(double2),   \
                     alignof(double2), sizeof(uchar4), alignof(uchar4), sizeof(short3), alignof(short3),  \
                     sizeof(int2), alignof(int2), sizeof(Mixed), offsetof(Mixed, b), offsetof(Mixed, d),  \
                     offsetof(Mixed, f), offsetof(Mixed, g), offsetof(Mixed, h)};                         \
        for (int i = 0; i < 18; i++) row[i] = all[i];                                                     \
    }

__global__ void sizes(int* out) { SIZES(out) }

int main() {
    std::vector<int> want = {12, 4, 16, 16, 16, 16, 4, 4, 6, 2, 8, 8, 80, 4, 32, 64, 80 - 0, 84};
    // Offsets: a 0, b 4, c 16, d 32, e 48, f 64 (16 bytes), g 80, h 84, end 88, rounded up to 96.
    want[12] = 96;
    Device<int> out(18);
    sizes<<<1, 1>>>(out);
    expect_all("device", out.read(), want);
    std::vector<int> host(18);
    SIZES(host)
    expect_all("host", host, want);
    return finish();
}
