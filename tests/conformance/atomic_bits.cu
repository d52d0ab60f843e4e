// Point: atomicAnd, atomicOr and atomicXor on 32 and 64 bits, with their return values.
// Rule: the old word is returned, the combined one stored.
#include "check.h"

__global__ void bits(unsigned* words, unsigned long long* wide, unsigned* old) {
    int t = threadIdx.x;
    atomicOr(&words[0], 1u << (t % 32));
    atomicAnd(&words[1], ~(1u << (t % 16)));
    atomicXor(&words[2], 1u << (t % 24));
    atomicOr(&wide[0], 1ull << t);
    atomicAnd(&wide[1], ~(1ull << (63 - t)));
    atomicXor(&wide[2], 3ull << t);
    unsigned before = atomicOr(&words[3], 1u << (t % 32));
    if (!(before >> (t % 32) & 1)) atomicAdd(old, 1u);  // of each pair, one is first
}

int main() {
    Device<unsigned> words(std::vector<unsigned>{0u, ~0u, 0u, 0u}), old(1);
    Device<unsigned long long> wide(std::vector<unsigned long long>{0ull, ~0ull, 0ull});
    bits<<<1, 60>>>(words, wide, old);
    unsigned odd = 0;
    unsigned long long wide_or = 0, wide_and = ~0ull, wide_xor = 0;
    for (int t = 0; t < 60; t++) {
        odd ^= 1u << (t % 24);
        wide_or |= 1ull << t;
        wide_and &= ~(1ull << (63 - t));
        wide_xor ^= 3ull << t;
    }
    expect_all("words", words.read(), {~0u, 0xffff0000u, odd, ~0u});
    expect_all("wide", wide.read(), {wide_or, wide_and, wide_xor});
    expect("first setters", old.read()[0], 32u);
    return finish();
}
