// Arithmetic in the rounding modes that PTX names, and conversions to integers that saturate as PTX's do.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <xmmintrin.h>

namespace hw {

enum class Round : unsigned { nearest = 0x0000, down = 0x2000, up = 0x4000, zero = 0x6000 };   // MXCSR's bits 13 and 14

// `compute` with SSE's rounding mode set; its operands must be volatile, or the compiler computes beforehand.
template <class Compute>
auto rounded(Round mode, Compute compute) {
    const unsigned before = _mm_getcsr();
    _mm_setcsr((before & ~0x6000u) | static_cast<unsigned>(mode));
    volatile auto result = compute();
    _mm_setcsr(before);
    return static_cast<std::remove_volatile_t<decltype(result)>>(result);
}

template <class T> T add(Round mode, T a, T b) { volatile T x = a, y = b; return rounded(mode, [&] { return x + y; }); }
template <class T> T subtract(Round mode, T a, T b) { volatile T x = a, y = b; return rounded(mode, [&] { return x - y; }); }
template <class T> T multiply(Round mode, T a, T b) { volatile T x = a, y = b; return rounded(mode, [&] { return x * y; }); }
template <class T> T divide(Round mode, T a, T b) { volatile T x = a, y = b; return rounded(mode, [&] { return x / y; }); }
template <class T> T root(Round mode, T a) { volatile T x = a; return rounded(mode, [&] { return std::sqrt(x); }); }
template <class T> T fused(Round mode, T a, T b, T c) {
    volatile T x = a, y = b, z = c;
    return rounded(mode, [&] { return std::fma(x, y, z); });
}
template <class To, class From> To convert(Round mode, From a) {
    volatile From x = a;
    return rounded(mode, [&] { return static_cast<To>(x); });
}

template <class T> T whole(Round mode, T a) {
    switch (mode) {
    case Round::down: return std::floor(a);
    case Round::up: return std::ceil(a);
    case Round::zero: return std::trunc(a);
    default: return std::nearbyint(a);
    }
}

// To an integer: out of range saturates; NaN gives 0 up to 32 bits and the top bit alone for 64.
template <class Int, class Float> Int to_integer(Round mode, Float a) {
    if (std::isnan(a)) return sizeof(Int) == 8 ? static_cast<Int>(uint64_t(1) << 63) : Int(0);
    const Float r = whole(mode, a);
    // 2^digits is exact in each format, where max() itself need not be.
    const Float limit = std::ldexp(Float(1), std::numeric_limits<Int>::digits);
    if (r >= limit) return std::numeric_limits<Int>::max();
    if (std::is_signed<Int>::value ? r < -limit : r < 0) return std::numeric_limits<Int>::min();
    return static_cast<Int>(r);
}

inline float flush(float a) { return std::fpclassify(a) == FP_SUBNORMAL ? std::copysign(0.0f, a) : a; }   // .ftz
template <class T> T saturate(T a) { return a > T(0) ? (a < T(1) ? a : T(1)) : T(0); }                      // .sat; NaN gives 0

template <class To, class From> To bits(From a) {
    static_assert(sizeof(To) == sizeof(From), "same size");
    To r;
    std::memcpy(&r, &a, sizeof r);
    return r;
}

}  // namespace hw
