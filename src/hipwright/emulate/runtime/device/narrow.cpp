// Conversions for which this machine has no instruction, so that its compiler calls functions: to half and to bfloat16.
#include <cstdint>
#include <cstring>

namespace {

// A double rounded to nearest even in a format of 16 bits, in one step.
template <int kMantissa, int kExponent> uint16_t narrowed(double value) {
    constexpr int kBias = (1 << (kExponent - 1)) - 1, kMost = (1 << kExponent) - 1;
    uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    const uint16_t sign = uint16_t(bits >> 63 << 15);
    const int exponent = int(bits >> 52 & 0x7ff);
    const uint64_t fraction = bits & ((uint64_t(1) << 52) - 1);
    if (exponent == 0x7ff) {
        const uint16_t quiet = fraction ? uint16_t(1 << (kMantissa - 1) | fraction >> (52 - kMantissa)) : 0;
        return uint16_t(sign | kMost << kMantissa | quiet);
    }
    int target = exponent - 1023 + kBias;
    uint64_t significand = fraction | uint64_t(exponent != 0) << 52;
    int drop = 52 - kMantissa;
    if (target <= 0) {   // a denormal: more bits fall off
        drop += 1 - target;
        target = 0;
        if (drop > 60) return sign;
    } else {
        significand &= (uint64_t(1) << 52) - 1;
    }
    const uint64_t kept = significand >> drop, rest = significand & ((uint64_t(1) << drop) - 1), half = uint64_t(1) << (drop - 1);
    uint64_t made = (uint64_t(target) << kMantissa) + kept;   // a carry out of the mantissa is the next exponent
    made += rest > half || (rest == half && (made & 1));
    if (made >= uint64_t(kMost) << kMantissa) made = uint64_t(kMost) << kMantissa;
    return uint16_t(sign | made);
}

template <class T> T as(uint16_t bits) {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

}  // namespace

#define NARROW(result, name, from, mantissa, exponent)                                                                  \
    extern "C" __attribute__((weak)) result name(from value) { return as<result>(narrowed<mantissa, exponent>(value)); }
NARROW(__bf16, __truncsfbf2, float, 7, 8)
NARROW(__bf16, __truncdfbf2, double, 7, 8)
NARROW(_Float16, __truncdfhf2, double, 10, 5)
