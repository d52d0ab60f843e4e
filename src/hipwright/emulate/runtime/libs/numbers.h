// Number types of GPU libraries on the host, and the few operations that every substitute needs of them.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace hw {

using Half = _Float16;
using ComplexF = std::complex<float>;
using ComplexD = std::complex<double>;

// bfloat16 by hand: host compilers differ in what they can do with __bf16.
struct Bf16 {
    uint16_t bits = 0;
    Bf16() = default;
    Bf16(float value) {
        uint32_t word;
        std::memcpy(&word, &value, sizeof word);
        if (value != value) bits = uint16_t(word >> 16 | 0x40);
        else bits = uint16_t((word + 0x7fff + (word >> 16 & 1)) >> 16);   // to nearest, ties to even
    }
    operator float() const {
        uint32_t word = uint32_t(bits) << 16;
        float value;
        std::memcpy(&value, &word, sizeof value);
        return value;
    }
};

// OCP 8-bit floats (e4m3fn, e5m2), which matrix products take as inputs.
template <int Exponent, int Mantissa, int Bias, bool HasInfinity>
struct Float8 {
    uint8_t bits = 0;
    operator float() const {
        int exponent = bits >> Mantissa & ((1 << Exponent) - 1), fraction = bits & ((1 << Mantissa) - 1);
        float sign = bits & 0x80 ? -1.f : 1.f;
        if (exponent == (1 << Exponent) - 1) {
            if (HasInfinity) return fraction ? NAN : sign * INFINITY;
            if (fraction == (1 << Mantissa) - 1) return NAN;
        }
        if (exponent == 0) return sign * std::ldexp(float(fraction), 1 - Bias - Mantissa);
        return sign * std::ldexp(float(fraction + (1 << Mantissa)), exponent - Bias - Mantissa);
    }
};
using E4m3 = Float8<4, 3, 7, false>;
using E5m2 = Float8<5, 2, 15, true>;

template <class T> struct RealOf { using type = T; };
template <class T> struct RealOf<std::complex<T>> { using type = T; };
template <class T> using Real = typename RealOf<T>::type;
template <class T> constexpr bool is_complex = !std::is_same<T, Real<T>>::value;

template <class T> T conjugate(T x) { return x; }
template <class T> std::complex<T> conjugate(std::complex<T> x) { return std::conj(x); }

// Complex products as GPU libraries form them: no detour for infinities, which std::complex takes.
template <class T> T times(T a, T b) { return T(a * b); }
template <class T> std::complex<T> times(std::complex<T> a, std::complex<T> b) {
    return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}
template <class T> std::complex<T> times(T a, std::complex<T> b) { return {a * b.real(), a * b.imag()}; }

template <class T> Real<T> real_part(T x) {
    if constexpr (is_complex<T>) return x.real();
    else return x;
}

// The wider type in which sums of T are kept. Libraries order their sums as they like; one rounding at the end is the
// answer that any order approximates.
template <class T> struct WideOf { using type = double; };
template <> struct WideOf<double> { using type = long double; };
template <> struct WideOf<Half> { using type = float; };
template <> struct WideOf<Bf16> { using type = float; };
template <class T> struct WideOf<std::complex<T>> { using type = std::complex<typename WideOf<T>::type>; };
template <class T> using Wide = typename WideOf<T>::type;

template <class To, class From> To convert(From x) {
    if constexpr (is_complex<To>) {
        if constexpr (is_complex<From>) return To(Real<To>(x.real()), Real<To>(x.imag()));
        else return To(Real<To>(x), 0);
    } else if constexpr (std::is_integral<To>::value && std::is_floating_point<From>::value) {
        From rounded = std::nearbyint(x);   // saturating, as the hardware's conversions are
        if (!(rounded > From(std::numeric_limits<To>::min()))) return x != x ? To(0) : std::numeric_limits<To>::min();
        if (rounded >= From(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
        return To(rounded);
    } else if constexpr (std::is_same<To, Half>::value || std::is_same<To, Bf16>::value) {
        return To(float(x));
    } else {
        return To(x);
    }
}

}  // namespace hw
