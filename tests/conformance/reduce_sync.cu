// Point: __reduce_add/min/max_sync and the bitwise ones over a warp of 32.
// Rule: each lane of the mask gets the result over the lanes of the mask.
#include "check.h"

__global__ void reduce(int* out, unsigned* bits) {
    int t = threadIdx.x;
    int value = (t * 13) % 29 - 14;
    out[t * 3] = __reduce_add_sync(0xffffffffu, value);
    out[t * 3 + 1] = __reduce_min_sync(0xffffffffu, value);
    out[t * 3 + 2] = __reduce_max_sync(0xffffffffu, value);
    unsigned word = 0xf0f0ff00u ^ (1u << (t % 32));
    bits[t * 3] = __reduce_and_sync(0xffffffffu, word);
    bits[t * 3 + 1] = __reduce_or_sync(0xffffffffu, word);
    bits[t * 3 + 2] = __reduce_xor_sync(0xffffffffu, word);
}

int main() {
    Device<int> out(64 * 3);
    Device<unsigned> bits(64 * 3);
    reduce<<<1, 64>>>(out, bits);
    std::vector<int> want(64 * 3);
    std::vector<unsigned> want_bits(64 * 3);
    for (int t = 0; t < 64; t++) {
        int sum = 0, low = 100, high = -100;
        unsigned all = ~0u, any = 0, odd = 0;
        for (int lane = 0; lane < 32; lane++) {
            int other = t / 32 * 32 + lane, value = (other * 13) % 29 - 14;
            unsigned word = 0xf0f0ff00u ^ (1u << lane);
            sum += value;
            low = value < low ? value : low;
            high = value > high ? value : high;
            all &= word;
            any |= word;
            odd ^= word;
        }
        want[t * 3] = sum;
        want[t * 3 + 1] = low;
        want[t * 3 + 2] = high;
        want_bits[t * 3] = all;
        want_bits[t * 3 + 1] = any;
        want_bits[t * 3 + 2] = odd;
    }
    expect_all("add, min, max", out.read(), want);
    expect_all("and, or, xor", bits.read(), want_bits);
    return finish();
}
