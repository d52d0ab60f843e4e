// Point: shuffles carry every arithmetic type unchanged, 64-bit ones in one piece.
// Rule: T may be int, unsigned, long, long long (signed or not), float or double.
#include "check.h"

__global__ void rotate(long long* whole, double* real, float* single, unsigned long long* bits) {
    int t = threadIdx.x, from = (t + 5) % 32;
    whole[t] = __shfl_sync(0xffffffffu, -1234567890123LL * (t + 1), from);
    real[t] = __shfl_sync(0xffffffffu, 1.0 / (t + 1), from);
    single[t] = __shfl_sync(0xffffffffu, 0.5f * t, from);
    bits[t] = __shfl_sync(0xffffffffu, 0x8000000000000001ull + (unsigned long long)t, from);
}

int main() {
    Device<long long> whole(64);
    Device<double> real(64);
    Device<float> single(64);
    Device<unsigned long long> bits(64);
    rotate<<<1, 64>>>(whole, real, single, bits);
    std::vector<long long> want_whole(64);
    std::vector<double> want_real(64);
    std::vector<float> want_single(64);
    std::vector<unsigned long long> want_bits(64);
    for (int t = 0; t < 64; t++) {
        int from = t / 32 * 32 + (t + 5) % 32;  // of its own warp
        want_whole[t] = -1234567890123LL * (from + 1);
        want_real[t] = 1.0 / (from + 1);
        want_single[t] = 0.5f * from;
        want_bits[t] = 0x8000000000000001ull + from;
    }
    expect_all("long long", whole.read(), want_whole);
    expect_all("double", real.read(), want_real);
    expect_all("float", single.read(), want_single);
    expect_all("unsigned long long", bits.read(), want_bits);
    return finish();
}
