// Point: compare-and-swap on int, unsigned and 64 bits.
// Rule: the new value is stored only where the old one equals `compare`; the old one is returned either way.
#include "check.h"

__global__ void claim(int* slots, int* winners, unsigned long long* wide) {
    int t = threadIdx.x, slot = t % 10;
    if (atomicCAS(&slots[slot], -1, t) == -1) atomicAdd(&winners[slot], 1);
    atomicCAS(&wide[0], 5ull, 1ull << 40);          // 5 is there once: stored
    atomicCAS(&wide[1], 6ull, 1ull << 41);          // 6 is not there: never stored
}

int main() {
    Device<int> slots(std::vector<int>(10, -1)), winners(10);
    Device<unsigned long long> wide(std::vector<unsigned long long>{5ull, 7ull});
    claim<<<1, 128>>>(slots, winners, wide);
    expect_all("one winner a slot", winners.read(), std::vector<int>(10, 1));
    std::vector<int> owner = slots.read(), remainder(10), want(10);
    for (int s = 0; s < 10; s++) {
        remainder[s] = owner[s] % 10;
        want[s] = s;
    }
    expect_all("owners", remainder, want);
    expect_all("wide", wide.read(), {1ull << 40, 7ull});
    return finish();
}
