// Point: make_ functions and component access of many vector types.
// Rule: components in the order x, y, z, w, converted as in an assignment.
#include "check.h"

__global__ void make(float* out) {
    int t = threadIdx.x;
    float4 a = make_float4(t, t + 1, t + 2, t + 3);
    int3 b = make_int3(t * 2, -t, 7);
    uchar4 c = make_uchar4(t, 2 * t, 255, 0);
    double2 d = make_double2(0.5 * t, 0.25);
    short2 e = make_short2(short(-t), 9);
    longlong2 f = make_longlong2(1LL << 33, t);
    a.z = b.x + c.z;
    out[t * 3] = a.x + a.y + a.z + a.w;
    out[t * 3 + 1] = float(b.y + c.y + d.x + d.y);
    out[t * 3 + 2] = float(e.x + e.y + (f.x >> 33) + f.y);
}

int main() {
    Device<float> out(60);
    make<<<1, 20>>>(out);
    std::vector<float> want(60);
    for (int t = 0; t < 20; t++) {
        want[t * 3] = t + (t + 1) + (2 * t + 255) + (t + 3);
        want[t * 3 + 1] = -t + 2 * t + 0.5f * t + 0.25f;
        want[t * 3 + 2] = -t + 9 + 1 + t;
    }
    expect_all("sums", out.read(), want);
    return finish();
}
