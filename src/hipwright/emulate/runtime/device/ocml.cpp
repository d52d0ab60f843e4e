// AMD's device math library (`__ocml_*`), with the C library as the reference.
//
// The C library's functions are at least as exact as AMD's: answers agree within the errors that AMD states, not bit by
// bit. The `native` forms have larger errors there; here they are the exact functions.
#include "device.h"

#include <climits>
#include <cmath>
#include <immintrin.h>
#include <limits>

#include "nv_rounding.h"

using namespace hw;

// Named, because newer C libraries have some of these names too.
namespace ocml {

constexpr double kPi = 3.14159265358979323846, kRootHalf = 0.70710678118654752440, kTwoOverRootPi = 1.12837916709551257390;

// -- what C has no function for, in double precision -----------------------------------------------------------------------

// Quadrants first, so that whole and half numbers give exact answers.
inline void sin_cos_pi(double x, double& sine, double& cosine) {
    if (!std::isfinite(x)) { sine = cosine = NAN; return; }
    const double r = std::remainder(x, 2.0), quadrant = std::nearbyint(2 * r), t = kPi * (r - quadrant / 2);
    const double s = std::sin(t), c = std::cos(t);
    switch (static_cast<int>(quadrant) & 3) {
        case 0: sine = s, cosine = c; break;
        case 1: sine = c, cosine = -s; break;
        case 2: sine = -s, cosine = -c; break;
        default: sine = -c, cosine = s; break;
    }
    if (sine == 0) sine = std::copysign(0.0, x);
    if (cosine == 0) cosine = 0;
}
inline double sinpi(double x) { double s, c; sin_cos_pi(x, s, c); return s; }
inline double cospi(double x) { double s, c; sin_cos_pi(x, s, c); return c; }

// Halley's steps from an approximation by elementary functions. `error` is the function's own error at x.
template <class Error> double solved(double x, Error error) {
    for (int step = 0; step < 4; ++step) {
        const double slope = kTwoOverRootPi * std::exp(-x * x);
        if (slope == 0) break;
        const double u = error(x) / slope, next = x - u / (1 + x * u);
        if (!std::isfinite(next) || next == x) break;
        x = next;
    }
    return x;
}
inline double first_guess(double logarithm) {   // log(1 - y²)
    const double a = 0.147, t = 2 / (kPi * a) + logarithm / 2;
    return std::sqrt(std::sqrt(t * t - logarithm / a) - t);
}
inline double erfcinv(double q) {
    if (!(q >= 0 && q <= 2)) return NAN;
    if (q == 0 || q == 2) return q == 0 ? INFINITY : -INFINITY;
    if (q > 1) return -erfcinv(2 - q);
    return solved(first_guess(std::log(q) + std::log1p(1 - q)), [q](double x) { return q - std::erfc(x); });
}
inline double erfinv(double y) {
    const double size = std::fabs(y);
    if (!(size <= 1)) return NAN;
    if (size == 0) return y;
    if (size >= 0.5) return std::copysign(erfcinv(1 - size), y);
    return std::copysign(solved(size / kTwoOverRootPi, [size](double x) { return std::erf(x) - size; }), y);
}

inline double erfcx(double x) {
    if (x < 10) {
        // The square's rounding error would be multiplied by the square.
        const double square = x * x, rest = std::fma(x, x, -square), power = std::exp(square);
        return std::isinf(power) ? (x > 0 ? 0 : INFINITY) : power * std::erfc(x) * (1 + rest);
    }
    double term = 1, sum = 1;
    for (int n = 1; n < 40 && std::fabs(term) > 1e-18; ++n) sum += term *= -(2 * n - 1) / (2 * x * x);
    return sum * (kTwoOverRootPi / 2) / x;
}

inline double ncdf(double x) { return 0.5 * std::erfc(-x * kRootHalf); }
inline double ncdfinv(double p) { return -erfcinv(2 * p) / kRootHalf; }

// Modified Bessel functions of the first kind, orders 0 and 1.
inline double bessel_i(int order, double x) {
    const double size = std::fabs(x), sign = order == 1 && x < 0 ? -1 : 1;
    if (!(size < INFINITY)) return sign * size;
    if (size < 30) {
        const double quarter = size * size / 4;
        double term = order ? size / 2 : 1, sum = term;
        for (int k = 1; k < 200 && term > sum * 1e-18; ++k) sum += term *= quarter / (double(k) * (k + order));
        return sign * sum;
    }
    double term = 1, sum = 1;
    for (int k = 1; k < 40 && std::fabs(term) > 1e-18; ++k) {
        const double odd = 2 * k - 1;
        sum += term *= -(4.0 * order - odd * odd) / (8 * size * k);
    }
    const double half = std::exp(size / 2);   // in two steps: the exponential alone overflows sooner
    return sign * half * (half / std::sqrt(2 * kPi * size) * sum);
}
inline double i0(double x) { return bessel_i(0, x); }
inline double i1(double x) { return bessel_i(1, x); }

inline double rsqrt(double x) { return 1 / std::sqrt(x); }
inline double rcbrt(double x) { return 1 / std::cbrt(x); }
inline double rhypot(double x, double y) { return 1 / std::hypot(x, y); }
inline double len3(double x, double y, double z) { return std::hypot(x, y, z); }
inline double rlen3(double x, double y, double z) { return 1 / std::hypot(x, y, z); }
inline double len4(double x, double y, double z, double w) { return std::hypot(std::hypot(x, y), std::hypot(z, w)); }
inline double rlen4(double x, double y, double z, double w) { return 1 / len4(x, y, z, w); }

inline double scalb(double x, double by) {
    if (std::isnan(x) || std::isnan(by) || (std::isinf(x) && std::isinf(by))) return NAN;
    return std::ldexp(x, static_cast<int>(std::nearbyint(std::fmax(-1048576.0, std::fmin(1048576.0, by)))));
}

template <class T> T pown(T x, int n) { return static_cast<T>(std::pow(static_cast<double>(x), static_cast<double>(n))); }

template <class T> int ilogb(T x) {
    if (x == 0) return INT_MIN;
    return std::isfinite(x) ? std::ilogb(x) : INT_MAX;
}

inline float half_to_float(_Float16 x) { return static_cast<float>(x); }

// A sum that is inexact in the wider type keeps a sign of it in its last bit, so that the second rounding is right.
inline _Float16 fma_half(_Float16 a, _Float16 b, _Float16 c) {
    const double product = double(half_to_float(a)) * half_to_float(b), addend = half_to_float(c);
    const double sum = product + addend;
    float narrow = static_cast<float>(sum);
    if (std::isfinite(narrow) && narrow != sum && !(bits_as<uint32_t>(narrow) & 1))
        narrow = std::nextafterf(narrow, narrow < sum ? INFINITY : -INFINITY);
    return static_cast<_Float16>(narrow);
}

template <class Each> Half8 each_half(Half8 a, Each each) {
    Half8 result = {};
    result[0] = each(a[0]), result[1] = each(a[1]);
    return result;
}

}  // namespace ocml
using namespace ocml;

// Both precisions of a function of the C library that has the same name.
#define SAME1(name)                                                                                                     \
    DEVICE(float, __ocml_##name##_f32, (float x)) { return ::name##f(x); }                                              \
    DEVICE(double, __ocml_##name##_f64, (double x)) { return ::name(x); }
#define SAME2(name)                                                                                                     \
    DEVICE(float, __ocml_##name##_f32, (float x, float y)) { return ::name##f(x, y); }                                  \
    DEVICE(double, __ocml_##name##_f64, (double x, double y)) { return ::name(x, y); }
SAME1(acos) SAME1(acosh) SAME1(asin) SAME1(asinh) SAME1(atan) SAME1(atanh) SAME1(cbrt) SAME1(ceil) SAME1(cos) SAME1(cosh)
SAME1(erf) SAME1(erfc) SAME1(exp) SAME1(exp2) SAME1(exp10) SAME1(expm1) SAME1(fabs) SAME1(floor) SAME1(log) SAME1(log10)
SAME1(log1p) SAME1(log2) SAME1(logb) SAME1(nearbyint) SAME1(rint) SAME1(round) SAME1(sin) SAME1(sinh) SAME1(sqrt) SAME1(tan)
SAME1(tanh) SAME1(tgamma) SAME1(trunc) SAME1(j0) SAME1(j1) SAME1(y0) SAME1(y1)
SAME2(atan2) SAME2(copysign) SAME2(fdim) SAME2(fmax) SAME2(fmin) SAME2(fmod) SAME2(hypot) SAME2(nextafter) SAME2(pow)
SAME2(remainder)
#undef SAME1
#undef SAME2

// Functions above: in double precision for both.
#define OWN1(name)                                                                                                      \
    DEVICE(float, __ocml_##name##_f32, (float x)) { return static_cast<float>(ocml::name(double(x))); }                 \
    DEVICE(double, __ocml_##name##_f64, (double x)) { return ocml::name(x); }
#define OWN2(name)                                                                                                      \
    DEVICE(float, __ocml_##name##_f32, (float x, float y)) {                                                         \
        return static_cast<float>(ocml::name(double(x), double(y)));                                                    \
    }                                                                                                                   \
    DEVICE(double, __ocml_##name##_f64, (double x, double y)) { return ocml::name(x, y); }
OWN1(sinpi) OWN1(cospi) OWN1(erfinv) OWN1(erfcinv) OWN1(erfcx) OWN1(ncdf) OWN1(ncdfinv) OWN1(i0) OWN1(i1) OWN1(rsqrt) OWN1(rcbrt)
OWN2(rhypot) OWN2(scalb)
#undef OWN1
#undef OWN2

#define BOTH(T, suffix)                                                                                                 \
    DEVICE(T, __ocml_fma_##suffix, (T x, T y, T z)) { return std::fma(x, y, z); }                                       \
    DEVICE(T, __ocml_len3_##suffix, (T x, T y, T z)) { return static_cast<T>(ocml::len3(x, y, z)); }                          \
    DEVICE(T, __ocml_rlen3_##suffix, (T x, T y, T z)) { return static_cast<T>(ocml::rlen3(x, y, z)); }                        \
    DEVICE(T, __ocml_len4_##suffix, (T x, T y, T z, T w)) { return static_cast<T>(ocml::len4(x, y, z, w)); }                  \
    DEVICE(T, __ocml_rlen4_##suffix, (T x, T y, T z, T w)) { return static_cast<T>(ocml::rlen4(x, y, z, w)); }                \
    DEVICE(T, __ocml_pown_##suffix, (T x, int n)) { return ocml::pown(x, n); }                                                \
    DEVICE(T, __ocml_ldexp_##suffix, (T x, int n)) { return std::ldexp(x, n); }                                         \
    DEVICE(T, __ocml_scalbn_##suffix, (T x, int n)) { return std::scalbn(x, n); }                                       \
    DEVICE(T, __ocml_frexp_##suffix, (T x, int* exponent)) {                                                            \
        *exponent = 0;                                                                                                  \
        return std::frexp(x, exponent);                                                                                 \
    }                                                                                                                   \
    DEVICE(T, __ocml_modf_##suffix, (T x, T* whole)) { return std::modf(x, whole); }                                    \
    DEVICE(T, __ocml_remquo_##suffix, (T x, T y, int* quotient)) { return std::remquo(x, y, quotient); }                \
    DEVICE(T, __ocml_sincos_##suffix, (T x, T* cosine)) {                                                               \
        *cosine = std::cos(x);                                                                                          \
        return std::sin(x);                                                                                             \
    }                                                                                                                   \
    DEVICE(T, __ocml_sincospi_##suffix, (T x, T* cosine)) {                                                             \
        *cosine = static_cast<T>(ocml::cospi(x));                                                                             \
        return static_cast<T>(ocml::sinpi(x));                                                                                \
    }                                                                                                                   \
    DEVICE(int, __ocml_ilogb_##suffix, (T x)) { return ocml::ilogb(x); }                                                      \
    DEVICE(int, __ocml_isfinite_##suffix, (T x)) { return std::isfinite(x); }                                           \
    DEVICE(int, __ocml_isinf_##suffix, (T x)) { return std::isinf(x); }                                                 \
    DEVICE(int, __ocml_isnan_##suffix, (T x)) { return std::isnan(x); }                                                 \
    DEVICE(int, __ocml_signbit_##suffix, (T x)) { return std::signbit(x); }                                             \
    ROUNDED(T, suffix, rte, nearest) ROUNDED(T, suffix, rtn, down) ROUNDED(T, suffix, rtp, up) ROUNDED(T, suffix, rtz, zero)
#define ROUNDED(T, suffix, mode, round)                                                                                 \
    DEVICE(T, __ocml_add_##mode##_##suffix, (T x, T y)) { return hw::add(Round::round, x, y); }                         \
    DEVICE(T, __ocml_sub_##mode##_##suffix, (T x, T y)) { return hw::subtract(Round::round, x, y); }                    \
    DEVICE(T, __ocml_mul_##mode##_##suffix, (T x, T y)) { return hw::multiply(Round::round, x, y); }                    \
    DEVICE(T, __ocml_div_##mode##_##suffix, (T x, T y)) { return hw::divide(Round::round, x, y); }                      \
    DEVICE(T, __ocml_sqrt_##mode##_##suffix, (T x)) { return hw::root(Round::round, x); }                               \
    DEVICE(T, __ocml_fma_##mode##_##suffix, (T x, T y, T z)) { return hw::fused(Round::round, x, y, z); }
BOTH(float, f32)
BOTH(double, f64)
#undef BOTH
#undef ROUNDED

// The C library's lgamma writes a global; the reentrant one does not.
DEVICE(float, __ocml_lgamma_f32, (float x)) { int sign; return ::lgammaf_r(x, &sign); }
DEVICE(double, __ocml_lgamma_f64, (double x)) { int sign; return ::lgamma_r(x, &sign); }

DEVICE(float, __ocml_native_cos_f32, (float x)) { return ::cosf(x); }
DEVICE(float, __ocml_native_sin_f32, (float x)) { return ::sinf(x); }
DEVICE(float, __ocml_native_exp_f32, (float x)) { return ::expf(x); }
DEVICE(float, __ocml_native_exp2_f32, (float x)) { return ::exp2f(x); }
DEVICE(float, __ocml_native_exp10_f32, (float x)) { return ::exp10f(x); }
DEVICE(float, __ocml_native_log_f32, (float x)) { return ::logf(x); }
DEVICE(float, __ocml_native_log2_f32, (float x)) { return ::log2f(x); }
DEVICE(float, __ocml_native_log10_f32, (float x)) { return ::log10f(x); }
DEVICE(float, __ocml_native_sqrt_f32, (float x)) { return ::sqrtf(x); }
DEVICE(float, __ocml_native_rsqrt_f32, (float x)) { return static_cast<float>(ocml::rsqrt(x)); }
DEVICE(float, __ocml_native_recip_f32, (float x)) { return 1 / x; }

// -- conversions in a given direction --------------------------------------------------------------------------------------

#define CONVERTS(mode, round, immediate)                                                                                \
    DEVICE(float, __ocml_cvt##mode##_f32_f64, (double x)) { return hw::convert<float>(Round::round, x); }               \
    DEVICE(float, __ocml_cvt##mode##_f32_s32, (int32_t x)) { return hw::convert<float>(Round::round, x); }              \
    DEVICE(float, __ocml_cvt##mode##_f32_u32, (uint32_t x)) { return hw::convert<float>(Round::round, int64_t(x)); }    \
    DEVICE(float, __ocml_cvt##mode##_f32_s64, (int64_t x)) { return hw::convert<float>(Round::round, x); }              \
    DEVICE(float, __ocml_cvt##mode##_f32_u64, (uint64_t x)) { return from_unsigned<float>(Round::round, x); }           \
    DEVICE(double, __ocml_cvt##mode##_f64_s64, (int64_t x)) { return hw::convert<double>(Round::round, x); }            \
    DEVICE(double, __ocml_cvt##mode##_f64_u64, (uint64_t x)) { return from_unsigned<double>(Round::round, x); }         \
    DEVICE(_Float16, __ocml_cvt##mode##_f16_f32, (float x)) {                                                           \
        return bits_as<_Float16>(static_cast<uint16_t>(_cvtss_sh(x, immediate | _MM_FROUND_NO_EXC)));                   \
    }
namespace {
// Above the signed range: half of the number, its last bit kept as a sign of what was cut off, then doubled.
template <class T> T from_unsigned(Round mode, uint64_t x) {
    if (static_cast<int64_t>(x) >= 0) return hw::convert<T>(mode, static_cast<int64_t>(x));
    return 2 * hw::convert<T>(mode, static_cast<int64_t>(x >> 1 | (x & 1)));
}
}  // namespace
CONVERTS(rtn, down, _MM_FROUND_TO_NEG_INF)
CONVERTS(rtp, up, _MM_FROUND_TO_POS_INF)
CONVERTS(rtz, zero, _MM_FROUND_TO_ZERO)
#undef CONVERTS

// -- half precision: through float, one and two at a time ------------------------------------------------------------------

#define HALF1(name, of)                                                                                                 \
    DEVICE(_Float16, __ocml_##name##_f16, (_Float16 x)) { return static_cast<_Float16>(of(half_to_float(x))); }         \
    DEVICE(Half8, __ocml_##name##_2f16, (Half8 x)) {                                                                    \
        return each_half(x, [](_Float16 one) { return static_cast<_Float16>(of(half_to_float(one))); });                \
    }
HALF1(ceil, ::ceilf) HALF1(cos, ::cosf) HALF1(exp, ::expf) HALF1(exp2, ::exp2f) HALF1(exp10, ::exp10f) HALF1(fabs, ::fabsf)
HALF1(floor, ::floorf) HALF1(log, ::logf) HALF1(log2, ::log2f) HALF1(log10, ::log10f) HALF1(rint, ::rintf) HALF1(rsqrt, ocml::rsqrt)
HALF1(sin, ::sinf) HALF1(sqrt, ::sqrtf) HALF1(trunc, ::truncf)
#undef HALF1

DEVICE(_Float16, __ocml_fmax_f16, (_Float16 x, _Float16 y)) { return static_cast<_Float16>(::fmaxf(x, y)); }
DEVICE(_Float16, __ocml_fmin_f16, (_Float16 x, _Float16 y)) { return static_cast<_Float16>(::fminf(x, y)); }
DEVICE(_Float16, __ocml_fma_f16, (_Float16 x, _Float16 y, _Float16 z)) { return fma_half(x, y, z); }
DEVICE(Half8, __ocml_fma_2f16, (Half8 x, Half8 y, Half8 z)) {
    Half8 result = {};
    for (int i = 0; i < 2; ++i) result[i] = fma_half(x[i], y[i], z[i]);
    return result;
}
DEVICE(_Float16, __ocml_pown_f16, (_Float16 x, int n)) { return static_cast<_Float16>(pown(half_to_float(x), n)); }
DEVICE(Half8, __ocml_pown_2f16, (Half8 x, Short8 n)) {
    Half8 result = {};
    for (int i = 0; i < 2; ++i) result[i] = static_cast<_Float16>(pown(half_to_float(x[i]), n[i]));
    return result;
}
DEVICE(int, __ocml_isinf_f16, (_Float16 x)) { return std::isinf(half_to_float(x)); }
DEVICE(int, __ocml_isnan_f16, (_Float16 x)) { return std::isnan(half_to_float(x)); }
DEVICE(int, __ocml_isfinite_f16, (_Float16 x)) { return std::isfinite(half_to_float(x)); }
// Of vectors, true is all bits.
DEVICE(Short8, __ocml_isinf_2f16, (Half8 x)) {
    Short8 result = {};
    for (int i = 0; i < 2; ++i) result[i] = std::isinf(half_to_float(x[i])) ? -1 : 0;
    return result;
}
DEVICE(Short8, __ocml_isnan_2f16, (Half8 x)) {
    Short8 result = {};
    for (int i = 0; i < 2; ++i) result[i] = std::isnan(half_to_float(x[i])) ? -1 : 0;
    return result;
}
