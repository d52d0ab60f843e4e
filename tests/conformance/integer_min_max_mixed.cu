// Point: min and max of a signed and an unsigned integer.
// Rule: CUDA's overloads for both compare as unsigned, of 32 and of 64 bits, on the device and on the host.
#include "check.h"

__host__ __device__ inline unsigned least(int a, unsigned b) { return min(a, b); }
__host__ __device__ inline unsigned most(unsigned a, int b) { return max(a, b); }

__global__ void mixed(const int* in, unsigned* out, unsigned* small, unsigned long long* wide) {
    int i = threadIdx.x;
    out[i * 4] = min(in[i], 2 * blockDim.x);
    out[i * 4 + 1] = max(threadIdx.x, in[i]);
    out[i * 4 + 2] = least(in[i], 5u);
    out[i * 4 + 3] = most(5u, in[i]);
    short narrow = static_cast<short>(in[i]);
    small[i] = max(narrow, 3u) - min(static_cast<signed char>(in[i]), 4u);
    unsigned long long large = (1ULL << 60) + i;
    wide[i * 2] = min(large, (1LL << 60) + 3);
    wide[i * 2 + 1] = max(static_cast<long long>(in[i]), large);
}

int main() {
    std::vector<int> values(16);
    std::vector<unsigned> want(64), want_small(16);
    std::vector<unsigned long long> want_wide(32);
    for (int i = 0; i < 16; i++) {
        int v = values[i] = (i - 8) * 5;
        unsigned word = static_cast<unsigned>(v), place = static_cast<unsigned>(i);
        want[i * 4] = word < 32 ? word : 32;
        want[i * 4 + 1] = word > place ? word : place;
        want[i * 4 + 2] = word < 5 ? word : 5;
        want[i * 4 + 3] = word > 5 ? word : 5;
        want_small[i] = (word > 3 ? word : 3) - (word < 4 ? word : 4);
        want_wide[i * 2] = (1ULL << 60) + (i < 3 ? i : 3);
        want_wide[i * 2 + 1] = v < 0 ? static_cast<unsigned long long>(v) : (1ULL << 60) + i;
        expect("on the host, min", least(v, 5u), want[i * 4 + 2]);
        expect("on the host, of one type", min(word, 9u), word < 9 ? word : 9);
        short narrow = static_cast<short>(v);
        expect("on the host, two short ones", min(narrow, short(2)), v < 2 ? v : 2);
        expect("on the host, a short one", max(narrow, 3u), word > 3 ? word : 3);
        expect("on the host, max", most(5u, v), want[i * 4 + 3]);
    }
    Device<int> in(values);
    Device<unsigned> out(64), small(16);
    Device<unsigned long long> wide(32);
    mixed<<<1, 16>>>(in, out, small, wide);
    expect_all("32 bits", out.read(), want);
    expect_all("from 16 and 8 bits", small.read(), want_small);
    expect_all("64 bits", wide.read(), want_wide);
    return finish();
}
