// NVIDIA's device math library (`__nv_*`): floating point, conversions, integer helpers.
//
// The C library's functions are at least as exact as NVIDIA's; answers therefore agree within the errors that NVIDIA
// states, not bit by bit. The `fast_` forms have larger errors there; here they are the exact functions.
#include "nv_rounding.h"

#include <cstdint>

using namespace hw;

#define NV(result, name, parameters)                                                                                    \
    extern "C" result nv_##name parameters asm("hw.__nv_" #name);                                                       \
    extern "C" result nv_##name parameters

// Both precisions of a function of the C library that has the same name.
#define BOTH1(name)                                                                                                     \
    NV(double, name, (double a)) { return ::name(a); }                                                                  \
    NV(float, name##f, (float a)) { return ::name##f(a); }
#define BOTH2(name)                                                                                                     \
    NV(double, name, (double a, double b)) { return ::name(a, b); }                                                     \
    NV(float, name##f, (float a, float b)) { return ::name##f(a, b); }

BOTH1(acos) BOTH1(acosh) BOTH1(asin) BOTH1(asinh) BOTH1(atan) BOTH1(atanh) BOTH1(cbrt) BOTH1(ceil) BOTH1(cos) BOTH1(cosh)
BOTH1(erf) BOTH1(erfc) BOTH1(exp) BOTH1(exp2) BOTH1(exp10) BOTH1(expm1) BOTH1(fabs) BOTH1(floor) BOTH1(log) BOTH1(log10)
BOTH1(log1p) BOTH1(log2) BOTH1(logb) BOTH1(nearbyint) BOTH1(rint) BOTH1(round) BOTH1(sin) BOTH1(sinh) BOTH1(sqrt) BOTH1(tan)
BOTH1(tanh) BOTH1(tgamma) BOTH1(trunc) BOTH1(j0) BOTH1(j1) BOTH1(y0) BOTH1(y1)
BOTH2(atan2) BOTH2(copysign) BOTH2(fdim) BOTH2(fmax) BOTH2(fmin) BOTH2(fmod) BOTH2(hypot) BOTH2(nextafter) BOTH2(pow)
BOTH2(remainder)

// The C library's lgamma writes a global; the reentrant one does not.
NV(double, lgamma, (double a)) { int sign; return ::lgamma_r(a, &sign); }
NV(float, lgammaf, (float a)) { int sign; return ::lgammaf_r(a, &sign); }
NV(double, jn, (int n, double a)) { return ::jn(n, a); }
NV(float, jnf, (int n, float a)) { return ::jnf(n, a); }
NV(double, yn, (int n, double a)) { return ::yn(n, a); }
NV(float, ynf, (int n, float a)) { return ::ynf(n, a); }
NV(double, fma, (double a, double b, double c)) { return ::fma(a, b, c); }
NV(float, fmaf, (float a, float b, float c)) { return ::fmaf(a, b, c); }
NV(double, frexp, (double a, int* e)) { return ::frexp(a, e); }
NV(float, frexpf, (float a, int* e)) { return ::frexpf(a, e); }
NV(double, modf, (double a, double* i)) { return ::modf(a, i); }
NV(float, modff, (float a, float* i)) { return ::modff(a, i); }
NV(double, remquo, (double a, double b, int* q)) { return ::remquo(a, b, q); }
NV(float, remquof, (float a, float b, int* q)) { return ::remquof(a, b, q); }
NV(double, ldexp, (double a, int e)) { return ::ldexp(a, e); }
NV(float, ldexpf, (float a, int e)) { return ::ldexpf(a, e); }
NV(double, scalbn, (double a, int e)) { return ::scalbn(a, e); }
NV(float, scalbnf, (float a, int e)) { return ::scalbnf(a, e); }
NV(double, powi, (double a, int e)) { return ::pow(a, e); }
NV(float, powif, (float a, int e)) { return static_cast<float>(::pow(a, e)); }
NV(int, ilogb, (double a)) { return ::ilogb(a); }
NV(int, ilogbf, (float a)) { return ::ilogbf(a); }
NV(double, nan, (const signed char*)) { return bits<double>(uint64_t(0x7ff8000000000000)); }
NV(float, nanf, (const signed char*)) { return bits<float>(0x7fffffffu); }

NV(void, sincos, (double a, double* s, double* c)) { *s = ::sin(a), *c = ::cos(a); }
NV(void, sincosf, (float a, float* s, float* c)) { *s = ::sinf(a), *c = ::cosf(a); }

namespace {

constexpr double kPi = 3.14159265358979323846;

// Reduced before the multiplication by pi: the period is exactly 2.
template <class T> T sin_pi(T a) {
    if (!std::isfinite(a)) return std::numeric_limits<T>::quiet_NaN();
    const T r = std::remainder(a, T(2));
    if (r == std::trunc(r)) return std::copysign(T(0), a);
    const double x = std::fabs(static_cast<double>(r));
    const double s = x <= 0.25 ? std::sin(kPi * x) : x < 0.75 ? std::cos(kPi * (0.5 - x)) : std::sin(kPi * (1 - x));
    return static_cast<T>(r < 0 ? -s : s);
}
template <class T> T cos_pi(T a) {
    if (!std::isfinite(a)) return std::numeric_limits<T>::quiet_NaN();
    const double x = std::fabs(static_cast<double>(std::remainder(a, T(2))));
    if (x == 0.5) return T(0);
    return static_cast<T>(x <= 0.25 ? std::cos(kPi * x) : x < 0.75 ? std::sin(kPi * (0.5 - x)) : -std::cos(kPi * (1 - x)));
}

double erfcx(double x) {
    if (x < 25) return x < -26.7 ? std::numeric_limits<double>::infinity() : static_cast<double>(std::exp((long double)x * x) * std::erfc((long double)x));
    // The asymptotic series; its first terms are exact to double precision from here on.
    const double q = 0.5 / (x * x);
    return 0.56418958354775628695 / x * (1 - q * (1 - 3 * q * (1 - 5 * q * (1 - 7 * q))));
}

// The quantile of the normal distribution: Acklam-style starting values need tables, bisection on erfc needs none, and
// Newton's steps in long double finish it.
long double normal_quantile(long double p) {
    if (std::isnan(p) || p < 0 || p > 1) return std::numeric_limits<long double>::quiet_NaN();
    if (p == 0) return -std::numeric_limits<long double>::infinity();
    if (p == 1) return std::numeric_limits<long double>::infinity();
    const bool upper = p > 0.5L;
    const long double q = upper ? 1 - p : p;   // exact: p is a double
    long double low = -40, high = 0;
    for (int i = 0; i < 20; ++i) {
        const long double middle = (low + high) / 2;
        (0.5L * std::erfc(-middle / std::sqrt(2.0L)) < q ? low : high) = middle;
    }
    long double x = (low + high) / 2;
    for (int i = 0; i < 6; ++i) {
        const long double density = std::exp(-x * x / 2) / std::sqrt(2 * 3.14159265358979323846264338L);
        if (density == 0) break;
        x -= (0.5L * std::erfc(-x / std::sqrt(2.0L)) - q) / density;
    }
    return upper ? -x : x;
}
long double erfc_inverse(long double a) { return -normal_quantile(a / 2) / std::sqrt(2.0L); }
long double erf_inverse(long double a) {
    if (std::fabs(a) < 0.5L) {   // near 0 the quantile would lose digits: Newton on erf itself
        long double x = a * 0.886226925452758013649L;
        for (int i = 0; i < 6; ++i) x -= (std::erf(x) - a) / (1.12837916709551257390L * std::exp(-x * x));
        return a == 0 ? a : x;
    }
    return a < 0 ? erfc_inverse(1 + a) * -1 : erfc_inverse(1 - a);
}

// Modified Bessel functions of the first kind: power series where it converges fast, else the asymptotic one.
double bessel_i(int order, double x) {
    const long double a = std::fabs((long double)x);
    long double sum = 0;
    if (a < 40) {
        long double term = order ? a / 2 : 1;
        for (int k = 1; k < 500; ++k) {
            sum += term;
            term *= a * a / 4 / (k * (long double)(k + order));
            if (term < sum * 1e-22L) break;
        }
    } else {
        long double term = 1;
        const long double mu = 4.0L * order * order;
        for (int k = 1; k < 60; ++k) {
            sum += term;
            const long double next = term * -(mu - (2 * k - 1) * (2 * k - 1)) / (k * 8 * a);
            if (std::fabs(next) > std::fabs(term) || std::fabs(next) < 1e-22L) break;
            term = next;
        }
        sum *= std::exp(a) / std::sqrt(2 * (long double)kPi * a);
    }
    return static_cast<double>(order && x < 0 ? -sum : sum);
}

template <class T> double length(int n, const T* v) {
    long double sum = 0;
    for (int i = 0; i < n; ++i) sum += (long double)v[i] * v[i];
    return static_cast<double>(std::sqrt(sum));
}

}  // namespace

NV(double, sinpi, (double a)) { return sin_pi(a); }
NV(float, sinpif, (float a)) { return sin_pi(a); }
NV(double, cospi, (double a)) { return cos_pi(a); }
NV(float, cospif, (float a)) { return cos_pi(a); }
NV(void, sincospi, (double a, double* s, double* c)) { *s = sin_pi(a), *c = cos_pi(a); }
NV(void, sincospif, (float a, float* s, float* c)) { *s = sin_pi(a), *c = cos_pi(a); }
NV(double, erfcx, (double a)) { return erfcx(a); }
NV(float, erfcxf, (float a)) { return static_cast<float>(erfcx(a)); }
NV(double, erfinv, (double a)) { return static_cast<double>(erf_inverse(a)); }
NV(float, erfinvf, (float a)) { return static_cast<float>(erf_inverse(a)); }
NV(double, erfcinv, (double a)) { return static_cast<double>(erfc_inverse(a)); }
NV(float, erfcinvf, (float a)) { return static_cast<float>(erfc_inverse(a)); }
NV(double, normcdf, (double a)) { return 0.5 * ::erfc(-a * 0.70710678118654752440); }
NV(float, normcdff, (float a)) { return static_cast<float>(0.5 * ::erfc(-a * 0.70710678118654752440)); }
NV(double, normcdfinv, (double a)) { return static_cast<double>(normal_quantile(a)); }
NV(float, normcdfinvf, (float a)) { return static_cast<float>(normal_quantile(a)); }
NV(double, cyl_bessel_i0, (double a)) { return bessel_i(0, a); }
NV(float, cyl_bessel_i0f, (float a)) { return static_cast<float>(bessel_i(0, a)); }
NV(double, cyl_bessel_i1, (double a)) { return bessel_i(1, a); }
NV(float, cyl_bessel_i1f, (float a)) { return static_cast<float>(bessel_i(1, a)); }
NV(double, rsqrt, (double a)) { return 1 / ::sqrt(a); }
NV(float, rsqrtf, (float a)) { return static_cast<float>(1 / ::sqrt(static_cast<double>(a))); }
NV(float, frsqrt_rn, (float a)) { return static_cast<float>(1 / ::sqrt(static_cast<double>(a))); }
NV(double, rcbrt, (double a)) { return 1 / ::cbrt(a); }
NV(float, rcbrtf, (float a)) { return static_cast<float>(1 / ::cbrt(static_cast<double>(a))); }
NV(double, rhypot, (double a, double b)) { return 1 / ::hypot(a, b); }
NV(float, rhypotf, (float a, float b)) { return static_cast<float>(1 / ::hypot(static_cast<double>(a), b)); }
NV(double, rcp64h, (double a)) {
    // Only the upper half of the operand counts, and only the upper half of the result is made.
    const double r = 1 / bits<double>(bits<uint64_t>(a) & 0xffffffff00000000u);
    return bits<double>(bits<uint64_t>(r) & 0xffffffff00000000u);
}
NV(double, norm, (int n, const double* v)) { return length(n, v); }
NV(float, normf, (int n, const float* v)) { return static_cast<float>(length(n, v)); }
NV(double, rnorm, (int n, const double* v)) { return 1 / length(n, v); }
NV(float, rnormf, (int n, const float* v)) { return static_cast<float>(1 / length(n, v)); }
NV(double, norm3d, (double a, double b, double c)) { return ::hypot(::hypot(a, b), c); }
NV(float, norm3df, (float a, float b, float c)) { return static_cast<float>(std::hypot((double)a, (double)b, (double)c)); }
NV(double, rnorm3d, (double a, double b, double c)) { return 1 / ::hypot(::hypot(a, b), c); }
NV(float, rnorm3df, (float a, float b, float c)) { return static_cast<float>(1 / std::hypot((double)a, (double)b, (double)c)); }
NV(double, norm4d, (double a, double b, double c, double d)) { return ::hypot(::hypot(a, b), ::hypot(c, d)); }
NV(float, norm4df, (float a, float b, float c, float d)) {
    return static_cast<float>(::hypot(::hypot((double)a, (double)b), ::hypot((double)c, (double)d)));
}
NV(double, rnorm4d, (double a, double b, double c, double d)) { return 1 / ::hypot(::hypot(a, b), ::hypot(c, d)); }
NV(float, rnorm4df, (float a, float b, float c, float d)) {
    return static_cast<float>(1 / ::hypot(::hypot((double)a, (double)b), ::hypot((double)c, (double)d)));
}

NV(float, fast_cosf, (float a)) { return ::cosf(a); }
NV(float, fast_sinf, (float a)) { return ::sinf(a); }
NV(float, fast_tanf, (float a)) { return ::sinf(a) / ::cosf(a); }
NV(void, fast_sincosf, (float a, float* s, float* c)) { *s = ::sinf(a), *c = ::cosf(a); }
NV(float, fast_expf, (float a)) { return ::expf(a); }
NV(float, fast_exp10f, (float a)) { return ::exp10f(a); }
NV(float, fast_logf, (float a)) { return ::logf(a); }
NV(float, fast_log2f, (float a)) { return ::log2f(a); }
NV(float, fast_log10f, (float a)) { return ::log10f(a); }
NV(float, fast_powf, (float a, float b)) { return ::exp2f(b * ::log2f(a)); }   // so it is defined: no negative bases
// Documented: a divisor above 2^126 gives 0, and NaN where the dividend is infinite.
NV(float, fast_fdividef, (float a, float b)) {
    const float size = ::fabsf(b);
    if (size <= 0x1p126f || std::isinf(size) || std::isnan(size)) return a / b;
    return std::isinf(a) ? std::numeric_limits<float>::quiet_NaN() : std::copysign(0.0f, a) * std::copysign(1.0f, b);
}

// -- stated rounding ----------------------------------------------------------------------------------------------------

#define MODES(make) make(rn, nearest) make(rz, zero) make(ru, up) make(rd, down)
#define ARITHMETIC(s, mode)                                                                                             \
    NV(double, dadd_##s, (double a, double b)) { return add(Round::mode, a, b); }                                       \
    NV(double, dsub_##s, (double a, double b)) { return subtract(Round::mode, a, b); }                                  \
    NV(double, dmul_##s, (double a, double b)) { return multiply(Round::mode, a, b); }                                  \
    NV(double, ddiv_##s, (double a, double b)) { return divide(Round::mode, a, b); }                                    \
    NV(double, drcp_##s, (double a)) { return divide(Round::mode, 1.0, a); }                                            \
    NV(double, dsqrt_##s, (double a)) { return root(Round::mode, a); }                                                  \
    NV(double, fma_##s, (double a, double b, double c)) { return fused(Round::mode, a, b, c); }                         \
    NV(float, fadd_##s, (float a, float b)) { return add(Round::mode, a, b); }                                          \
    NV(float, fsub_##s, (float a, float b)) { return subtract(Round::mode, a, b); }                                     \
    NV(float, fmul_##s, (float a, float b)) { return multiply(Round::mode, a, b); }                                     \
    NV(float, fdiv_##s, (float a, float b)) { return divide(Round::mode, a, b); }                                       \
    NV(float, frcp_##s, (float a)) { return divide(Round::mode, 1.0f, a); }                                             \
    NV(float, fsqrt_##s, (float a)) { return root(Round::mode, a); }                                                    \
    NV(float, fmaf_##s, (float a, float b, float c)) { return fused(Round::mode, a, b, c); }                            \
    NV(float, fmaf_ieee_##s, (float a, float b, float c)) { return fused(Round::mode, a, b, c); }
// Round to nearest is what the processor does anyway.
#define PLAIN(s, mode)                                                                                                  \
    NV(double, dadd_##s, (double a, double b)) { return a + b; }                                                        \
    NV(double, dsub_##s, (double a, double b)) { return a - b; }                                                        \
    NV(double, dmul_##s, (double a, double b)) { return a * b; }                                                        \
    NV(double, ddiv_##s, (double a, double b)) { return a / b; }                                                        \
    NV(double, drcp_##s, (double a)) { return 1 / a; }                                                                  \
    NV(double, dsqrt_##s, (double a)) { return ::sqrt(a); }                                                             \
    NV(double, fma_##s, (double a, double b, double c)) { return ::fma(a, b, c); }                                      \
    NV(float, fadd_##s, (float a, float b)) { return a + b; }                                                           \
    NV(float, fsub_##s, (float a, float b)) { return a - b; }                                                           \
    NV(float, fmul_##s, (float a, float b)) { return a * b; }                                                           \
    NV(float, fdiv_##s, (float a, float b)) { return a / b; }                                                           \
    NV(float, frcp_##s, (float a)) { return 1 / a; }                                                                    \
    NV(float, fsqrt_##s, (float a)) { return ::sqrtf(a); }                                                              \
    NV(float, fmaf_##s, (float a, float b, float c)) { return ::fmaf(a, b, c); }                                        \
    NV(float, fmaf_ieee_##s, (float a, float b, float c)) { return ::fmaf(a, b, c); }
PLAIN(rn, nearest) ARITHMETIC(rz, zero) ARITHMETIC(ru, up) ARITHMETIC(rd, down)

#define CONVERSIONS(s, mode)                                                                                            \
    NV(float, double2float_##s, (double a)) { return convert<float>(Round::mode, a); }                                  \
    NV(int, double2int_##s, (double a)) { return to_integer<int>(Round::mode, a); }                                     \
    NV(unsigned, double2uint_##s, (double a)) { return to_integer<unsigned>(Round::mode, a); }                          \
    NV(int64_t, double2ll_##s, (double a)) { return to_integer<int64_t>(Round::mode, a); }                              \
    NV(uint64_t, double2ull_##s, (double a)) { return to_integer<uint64_t>(Round::mode, a); }                           \
    NV(int, float2int_##s, (float a)) { return to_integer<int>(Round::mode, a); }                                       \
    NV(unsigned, float2uint_##s, (float a)) { return to_integer<unsigned>(Round::mode, a); }                            \
    NV(int64_t, float2ll_##s, (float a)) { return to_integer<int64_t>(Round::mode, a); }                                \
    NV(uint64_t, float2ull_##s, (float a)) { return to_integer<uint64_t>(Round::mode, a); }                             \
    NV(float, int2float_##s, (int a)) { return convert<float>(Round::mode, a); }                                        \
    NV(float, uint2float_##s, (unsigned a)) { return convert<float>(Round::mode, static_cast<int64_t>(a)); }            \
    NV(float, ll2float_##s, (int64_t a)) { return convert<float>(Round::mode, a); }                                     \
    NV(float, ull2float_##s, (uint64_t a)) { return from_unsigned<float>(Round::mode, a); }                             \
    NV(double, ll2double_##s, (int64_t a)) { return convert<double>(Round::mode, a); }                                  \
    NV(double, ull2double_##s, (uint64_t a)) { return from_unsigned<double>(Round::mode, a); }
namespace {
// Above 2^63 the processor has no conversion: halve, keeping what was shifted out, and double.
template <class T> T from_unsigned(Round mode, uint64_t a) {
    if (a >> 63 == 0) return convert<T>(mode, static_cast<int64_t>(a));
    return 2 * convert<T>(mode, static_cast<int64_t>(a >> 1 | (a & 1)));
}
}  // namespace
MODES(CONVERSIONS)

NV(double, int2double_rn, (int a)) { return a; }
NV(double, uint2double_rn, (unsigned a)) { return a; }
NV(unsigned short, float2half_rn, (float a)) { return bits<unsigned short>(static_cast<_Float16>(a)); }
NV(float, half2float, (unsigned short a)) { return static_cast<float>(bits<_Float16>(a)); }
NV(int, double2hiint, (double a)) { return static_cast<int>(bits<uint64_t>(a) >> 32); }
NV(int, double2loint, (double a)) { return static_cast<int>(bits<uint64_t>(a)); }
NV(double, hiloint2double, (int high, int low)) { return bits<double>(uint64_t(uint32_t(high)) << 32 | uint32_t(low)); }
NV(uint64_t, double_as_longlong, (double a)) { return bits<uint64_t>(a); }
NV(double, longlong_as_double, (int64_t a)) { return bits<double>(a); }
NV(int, float_as_int, (float a)) { return bits<int>(a); }
NV(unsigned, float_as_uint, (float a)) { return bits<unsigned>(a); }
NV(float, int_as_float, (int a)) { return bits<float>(a); }
NV(float, uint_as_float, (unsigned a)) { return bits<float>(a); }
NV(int64_t, llrint, (double a)) { return to_integer<int64_t>(Round::nearest, a); }
NV(int64_t, llrintf, (float a)) { return to_integer<int64_t>(Round::nearest, a); }
NV(int64_t, llround, (double a)) { return to_integer<int64_t>(Round::zero, ::round(a)); }
NV(int64_t, llroundf, (float a)) { return to_integer<int64_t>(Round::zero, ::roundf(a)); }
NV(float, saturatef, (float a)) { return saturate(a); }
NV(int, finitef, (float a)) { return std::isfinite(a); }
NV(int, isfinited, (double a)) { return std::isfinite(a); }
NV(int, isinff, (float a)) { return std::isinf(a); }
NV(int, isinfd, (double a)) { return std::isinf(a); }
NV(int, isnanf, (float a)) { return std::isnan(a); }
NV(int, isnand, (double a)) { return std::isnan(a); }
NV(int, signbitf, (float a)) { return std::signbit(a); }
NV(int, signbitd, (double a)) { return std::signbit(a); }

// -- integers -------------------------------------------------------------------------------------------------------------

NV(int, abs, (int a)) { return a < 0 ? static_cast<int>(0u - static_cast<unsigned>(a)) : a; }
NV(int64_t, llabs, (int64_t a)) { return a < 0 ? static_cast<int64_t>(0 - static_cast<uint64_t>(a)) : a; }
NV(int, max, (int a, int b)) { return a > b ? a : b; }
NV(int, min, (int a, int b)) { return a < b ? a : b; }
NV(unsigned, umax, (unsigned a, unsigned b)) { return a > b ? a : b; }
NV(unsigned, umin, (unsigned a, unsigned b)) { return a < b ? a : b; }
NV(int64_t, llmax, (int64_t a, int64_t b)) { return a > b ? a : b; }
NV(int64_t, llmin, (int64_t a, int64_t b)) { return a < b ? a : b; }
NV(uint64_t, ullmax, (uint64_t a, uint64_t b)) { return a > b ? a : b; }
NV(uint64_t, ullmin, (uint64_t a, uint64_t b)) { return a < b ? a : b; }
NV(unsigned, brev, (unsigned a)) {
    unsigned r = 0;
    for (int i = 0; i < 32; ++i) r |= (a >> i & 1) << (31 - i);
    return r;
}
NV(uint64_t, brevll, (uint64_t a)) { return uint64_t(nv_brev(unsigned(a))) << 32 | nv_brev(unsigned(a >> 32)); }
NV(int, clz, (unsigned a)) { return a ? __builtin_clz(a) : 32; }
NV(int, clzll, (uint64_t a)) { return a ? __builtin_clzll(a) : 64; }
NV(int, ffs, (int a)) { return __builtin_ffs(a); }
NV(int, ffsll, (int64_t a)) { return __builtin_ffsll(a); }
NV(int, popc, (unsigned a)) { return __builtin_popcount(a); }
NV(int, popcll, (uint64_t a)) { return __builtin_popcountll(a); }
NV(unsigned, byte_perm, (unsigned a, unsigned b, unsigned selector)) {
    const uint64_t both = uint64_t(b) << 32 | a;
    unsigned r = 0;
    for (int i = 0; i < 4; ++i) r |= unsigned(both >> (selector >> 4 * i & 7) * 8 & 0xff) << 8 * i;
    return r;
}
NV(int, mul24, (int a, int b)) { return static_cast<int>(int64_t(int(unsigned(a) << 8) >> 8) * (int(unsigned(b) << 8) >> 8)); }
NV(unsigned, umul24, (unsigned a, unsigned b)) { return (a & 0xffffff) * (b & 0xffffff); }
NV(int, mulhi, (int a, int b)) { return static_cast<int>(int64_t(a) * b >> 32); }
NV(unsigned, umulhi, (unsigned a, unsigned b)) { return static_cast<unsigned>(uint64_t(a) * b >> 32); }
NV(int64_t, mul64hi, (int64_t a, int64_t b)) { return static_cast<int64_t>(static_cast<__int128>(a) * b >> 64); }
NV(uint64_t, umul64hi, (uint64_t a, uint64_t b)) { return static_cast<uint64_t>(static_cast<unsigned __int128>(a) * b >> 64); }
NV(int, hadd, (int a, int b)) { return static_cast<int>((int64_t(a) + b) >> 1); }
NV(int, rhadd, (int a, int b)) { return static_cast<int>((int64_t(a) + b + 1) >> 1); }
NV(unsigned, uhadd, (unsigned a, unsigned b)) { return static_cast<unsigned>((uint64_t(a) + b) >> 1); }
NV(unsigned, urhadd, (unsigned a, unsigned b)) { return static_cast<unsigned>((uint64_t(a) + b + 1) >> 1); }
NV(unsigned, sad, (int a, int b, unsigned c)) { return c + (a > b ? unsigned(a) - unsigned(b) : unsigned(b) - unsigned(a)); }
NV(unsigned, usad, (unsigned a, unsigned b, unsigned c)) { return c + (a > b ? a - b : b - a); }
