// AMD's intrinsics that compute (llvm.amdgcn.*): the instructions behind fast mathematics, packing, and bytes in words.
//
// The hardware's approximations are within a unit or so of the exact value; here they are exact.
#include "device.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "nv_rounding.h"

using namespace hw;

namespace {

// Arguments of sine and cosine are turns, and beyond 256 of them the hardware gives up.
template <class T> T turned_sine(T turns) {
    if (std::fabs(double(turns)) > 256) return T(0);
    const double part = std::remainder(double(turns), 1.0);
    return T(std::sin(6.283185307179586476925286766559 * part));
}
template <class T> T turned_cosine(T turns) {
    if (std::fabs(double(turns)) > 256) return T(1);
    const double part = std::remainder(double(turns), 1.0);
    return T(std::cos(6.283185307179586476925286766559 * part));
}

template <class T> T fraction(T x, T below_one) {
    const double whole = std::floor(double(x)), part = double(x) - whole;
    return std::isfinite(double(x)) ? std::min(T(part), below_one) : std::isnan(double(x)) ? x : T(0);
}

template <class T> T mantissa(T x) {
    int exponent = 0;
    return std::isfinite(double(x)) ? T(std::frexp(double(x), &exponent)) : x;
}
template <class T> int32_t exponent(T x) {
    int exponent = 0;
    if (std::isfinite(double(x))) std::frexp(double(x), &exponent);
    return exponent;
}

// Bits of the mask: signalling and quiet NaN; negative infinity, normal, denormal, zero; then the positive ones.
template <class T, class Word> bool of_class(T x, uint32_t mask, int mantissa_bits) {
    const Word bits = bits_as<Word>(x), sign = Word(Word(1) << (sizeof(Word) * 8 - 1));
    const Word fields = Word(bits & Word(~sign)), fraction = Word(fields & Word((Word(1) << mantissa_bits) - 1));
    const Word most = Word(Word(~sign) >> mantissa_bits), exponent = Word(fields >> mantissa_bits);
    uint32_t kind;   // 0 to 3: infinity, normal, denormal, zero
    if (exponent == most) {
        if (fraction) return mask >> (fraction >> (mantissa_bits - 1) & 1) & 1;
        kind = 0;
    } else {
        kind = exponent ? 1 : fraction ? 2 : 3;
    }
    return mask >> (bits & sign ? 2 + kind : 9 - kind) & 1;
}

template <class T> T median(T a, T b, T c) {
    const double x = double(a), y = double(b), z = double(c);
    if (std::isnan(x) || std::isnan(y) || std::isnan(z)) return T(std::fmin(std::fmin(x, y), z));
    return T(std::max(std::min(x, y), std::min(std::max(x, y), z)));
}

uint32_t byte_of(uint32_t word, uint32_t i) { return word >> (8 * i) & 0xff; }
uint32_t distance(uint32_t a, uint32_t b) { return a > b ? a - b : b - a; }

template <class T> Short8 clamped_pair(int64_t low, int64_t high) {
    const auto cut = [](int64_t x) {
        return int16_t(std::clamp<int64_t>(x, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    };
    return Short8{cut(low), cut(high)};
}

// Fields of `bits` bits, multiplied pair by pair and added to `sum`.
int64_t field(uint32_t word, uint32_t i, uint32_t bits, bool has_sign) {
    const uint32_t up = word << (32 - bits * (i + 1));
    return has_sign ? int64_t(int32_t(up) >> (32 - bits)) : int64_t(up >> (32 - bits));
}
__int128 products(uint32_t a, bool a_sign, uint32_t b, bool b_sign, __int128 sum, uint32_t bits) {
    for (uint32_t i = 0; i < 32 / bits; ++i) sum += field(a, i, bits, a_sign) * field(b, i, bits, b_sign);
    return sum;
}
template <class T> T finished(__int128 sum, uint32_t clamp) {
    if (clamp & 1) sum = std::clamp<__int128>(sum, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    return T(sum);
}
uint32_t pair_word(Short8 v) { return uint16_t(v[0]) | uint32_t(uint16_t(v[1])) << 16; }

}  // namespace

extern "C" {

#define FOR_EACH_FLOAT(what) what(f16, _Float16) what(f32, float) what(f64, double)
#define FUNCTIONS(suffix, T)                                                                                            \
    T hw_amdgcn_rcp_##suffix(T x) { return T(1.0 / double(x)); }                                                        \
    T hw_amdgcn_sqrt_##suffix(T x) { return T(std::sqrt(double(x))); }                                                  \
    T hw_amdgcn_rsq_##suffix(T x) { return T(1.0 / std::sqrt(double(x))); }                                             \
    T hw_amdgcn_sin_##suffix(T x) { return turned_sine(x); }                                                            \
    T hw_amdgcn_cos_##suffix(T x) { return turned_cosine(x); }                                                          \
    T hw_amdgcn_log_##suffix(T x) { return T(std::log2(double(x))); }                                                   \
    T hw_amdgcn_exp2_##suffix(T x) { return T(std::exp2(double(x))); }                                                  \
    T hw_amdgcn_frexp_mant_##suffix(T x) { return mantissa(x); }                                                        \
    int32_t hw_amdgcn_frexp_exp_i32_##suffix(T x) { return exponent(x); }                                               \
    T hw_amdgcn_fmed3_##suffix(T a, T b, T c) { return median(a, b, c); }
FOR_EACH_FLOAT(FUNCTIONS)
int16_t hw_amdgcn_frexp_exp_i16_f16(_Float16 x) { return int16_t(exponent(x)); }
_Float16 hw_amdgcn_fract_f16(_Float16 x) { return fraction(x, _Float16(0x1.ffcp-1)); }
float hw_amdgcn_fract_f32(float x) { return fraction(x, 0x1.fffffep-1f); }
double hw_amdgcn_fract_f64(double x) { return fraction(x, 0x1.fffffffffffffp-1); }
bool hw_amdgcn_class_f16(_Float16 x, uint32_t mask) { return of_class<_Float16, uint16_t>(x, mask, 10); }
bool hw_amdgcn_class_f32(float x, uint32_t mask) { return of_class<float, uint32_t>(x, mask, 23); }
bool hw_amdgcn_class_f64(double x, uint32_t mask) { return of_class<double, uint64_t>(x, mask, 52); }

// Zero times anything is zero here, infinity and NaN included.
float hw_amdgcn_fmul_legacy(float a, float b) { return a == 0 || b == 0 ? 0 : a * b; }
float hw_amdgcn_fma_legacy(float a, float b, float c) { return a == 0 || b == 0 ? c : std::fma(a, b, c); }

// -- packing ---------------------------------------------------------------------------------------------------------

Half8 hw_amdgcn_cvt_pkrtz(float low, float high) {
    // Toward zero: the half below in magnitude wherever the nearest one lies above.
    const auto cut = [](float x) {
        _Float16 h = _Float16(x);
        if (std::fabs(float(h)) > std::fabs(x)) h = bits_as<_Float16>(uint16_t(bits_as<uint16_t>(h) - 1));
        return h;
    };
    return Half8{cut(low), cut(high)};
}
Short8 hw_amdgcn_cvt_pk_i16(int32_t low, int32_t high) { return clamped_pair<int16_t>(low, high); }
Short8 hw_amdgcn_cvt_pk_u16(uint32_t low, uint32_t high) { return clamped_pair<uint16_t>(low, high); }
uint32_t hw_amdgcn_cvt_pk_u8_f32(float x, uint32_t place, uint32_t word) {
    const uint32_t shift = 8 * (place & 3), value = uint32_t(to_integer<uint8_t>(Round::zero, x));
    return (word & ~(0xffu << shift)) | value << shift;
}

// -- bits and bytes of words -----------------------------------------------------------------------------------------

uint32_t hw_amdgcn_ubfe_i32(uint32_t word, uint32_t from, uint32_t count) {
    from &= 31, count &= 31;
    return word >> from & ((1u << count) - 1);
}
int32_t hw_amdgcn_sbfe_i32(int32_t word, uint32_t from, uint32_t count) {
    from &= 31, count &= 31;
    if (!count) return 0;
    return from + count < 32 ? int32_t(uint32_t(word) << (32 - from - count)) >> (32 - count) : word >> from;
}
uint32_t hw_amdgcn_sffbh_i32(uint32_t word) {   // how many bits equal the sign; all ones where all do
    const uint32_t other = int32_t(word) < 0 ? ~word : word;
    return other ? uint32_t(__builtin_clz(other)) : ~0u;
}
uint32_t hw_amdgcn_perm(uint32_t high, uint32_t low, uint32_t selector) {
    const uint64_t bytes = uint64_t(high) << 32 | low;
    uint32_t made = 0;
    for (uint32_t i = 0; i < 4; ++i) {
        const uint32_t which = byte_of(selector, i);
        uint32_t byte;
        if (which >= 13) byte = 0xff;
        else if (which == 12) byte = 0;
        else if (which >= 8) byte = bytes >> (16 * (which - 8) + 15) & 1 ? 0xff : 0;   // the sign of a half word
        else byte = uint32_t(bytes >> (8 * which)) & 0xff;
        made |= byte << (8 * i);
    }
    return made;
}
uint32_t hw_amdgcn_alignbyte(uint32_t high, uint32_t low, uint32_t by) {
    return uint32_t((uint64_t(high) << 32 | low) >> (8 * (by & 3)));
}
uint32_t hw_amdgcn_lerp(uint32_t a, uint32_t b, uint32_t up) {
    uint32_t made = 0;
    for (uint32_t i = 0; i < 4; ++i) made |= (byte_of(a, i) + byte_of(b, i) + (byte_of(up, i) & 1)) / 2 << (8 * i);
    return made;
}
uint32_t hw_amdgcn_sad_u8(uint32_t a, uint32_t b, uint32_t sum) {
    for (uint32_t i = 0; i < 4; ++i) sum += distance(byte_of(a, i), byte_of(b, i));
    return sum;
}
uint32_t hw_amdgcn_sad_hi_u8(uint32_t a, uint32_t b, uint32_t sum) { return (hw_amdgcn_sad_u8(a, b, 0) << 16) + sum; }
uint32_t hw_amdgcn_sad_u16(uint32_t a, uint32_t b, uint32_t sum) {
    return sum + distance(a & 0xffff, b & 0xffff) + distance(a >> 16, b >> 16);
}
uint32_t hw_amdgcn_msad_u8(uint32_t a, uint32_t b, uint32_t sum) {   // zeros of the reference are no pixels
    for (uint32_t i = 0; i < 4; ++i)
        if (byte_of(b, i)) sum += distance(byte_of(a, i), byte_of(b, i));
    return sum;
}
uint32_t hw_amdgcn_mul_u24_i32(uint32_t a, uint32_t b) { return (a & 0xffffff) * (b & 0xffffff); }
uint32_t hw_amdgcn_mul_i24_i32(uint32_t a, uint32_t b) { return uint32_t(int32_t(a << 8) >> 8) * uint32_t(int32_t(b << 8) >> 8); }
uint32_t hw_amdgcn_mulhi_u24(uint32_t a, uint32_t b) { return uint32_t(uint64_t(a & 0xffffff) * (b & 0xffffff) >> 32); }
int32_t hw_amdgcn_mulhi_i24(uint32_t a, uint32_t b) {
    return int32_t(int64_t(int32_t(a << 8) >> 8) * (int32_t(b << 8) >> 8) >> 32);
}

// -- dot products ------------------------------------------------------------------------------------------------------

float hw_amdgcn_fdot2(Half8 a, Half8 b, float sum, uint32_t clamp) {
    const float made = std::fma(float(a[0]), float(b[0]), std::fma(float(a[1]), float(b[1]), sum));
    return clamp & 1 ? saturate(made) : made;
}
int32_t hw_amdgcn_sdot2(Short8 a, Short8 b, int32_t c, uint32_t clamp) {
    return finished<int32_t>(products(pair_word(a), true, pair_word(b), true, c, 16), clamp);
}
uint32_t hw_amdgcn_udot2(Short8 a, Short8 b, uint32_t c, uint32_t clamp) {
    return finished<uint32_t>(products(pair_word(a), false, pair_word(b), false, c, 16), clamp);
}
#define DOTS(bits)                                                                                                      \
    int32_t hw_amdgcn_sdot##bits(uint32_t a, uint32_t b, int32_t c, uint32_t clamp) {                                   \
        return finished<int32_t>(products(a, true, b, true, c, 32 / bits), clamp);                                      \
    }                                                                                                                   \
    uint32_t hw_amdgcn_udot##bits(uint32_t a, uint32_t b, uint32_t c, uint32_t clamp) {                                 \
        return finished<uint32_t>(products(a, false, b, false, c, 32 / bits), clamp);                                   \
    }                                                                                                                   \
    int32_t hw_amdgcn_sudot##bits(uint32_t a_sign, uint32_t a, uint32_t b_sign, uint32_t b, int32_t c, uint32_t clamp) { \
        return finished<int32_t>(products(a, a_sign & 1, b, b_sign & 1, c, 32 / bits), clamp);                          \
    }
DOTS(4)
DOTS(8)

}  // extern "C"
