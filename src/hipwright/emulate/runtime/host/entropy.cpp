// Random devices of the host's library give the same numbers in every run: two runs are to be compared.
#include <atomic>
#include <cstdint>
#include <random>

#ifdef __GLIBCXX__
std::random_device::result_type std::random_device::_M_getval() {
    static std::atomic<uint64_t> drawn{0};
    uint64_t z = (drawn.fetch_add(1, std::memory_order_relaxed) + 1) * 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return result_type(z ^ (z >> 31));
}
#endif
