// What inline PTX needs beyond plain LLVM (see ptx_asm.py): bit fields, halves, conversions, shared addresses, mbarriers.
//
// LLVM leaves the upper bits of a narrow argument undefined, so that narrow ones are taken as words and cut here.
#include "../machine_impl.h"
#include "nv_rounding.h"

using namespace hw;

extern "C" {
void* hw_lds_pointer(uint32_t offset);

// What orders accesses, for the checked build; `device`: beyond the block.
void hw_ptx_fence(uint32_t device) { fenced(device); }
void hw_ptx_synchronised() { synchronised(true); }

// -- bits -----------------------------------------------------------------------------------------------------------------

uint32_t hw_ptx_lop3_b32(uint32_t a, uint32_t b, uint32_t c, uint32_t table) {
    uint32_t r = 0;
    for (int i = 0; i < 8; ++i) {
        if (table >> i & 1) r |= (i & 4 ? a : ~a) & (i & 2 ? b : ~b) & (i & 1 ? c : ~c);
    }
    return r;
}

// `bfe`: the field, extended by its sign (or the word's, where it reaches beyond), at places cut to eight bits.
static uint64_t field(uint64_t a, uint32_t at, uint32_t length, uint32_t bits, bool is_signed) {
    at &= 255, length &= 255;
    if (length == 0) return 0;
    const uint32_t last = at + length - 1 < bits - 1 ? at + length - 1 : bits - 1;
    const uint64_t fill = is_signed && a >> last & 1 ? ~uint64_t(0) : 0;
    if (at >= bits) return fill;
    const uint32_t have = last - at + 1;
    if (have >= 64) return a;
    const uint64_t mask = (uint64_t(1) << have) - 1;
    return (a >> at & mask) | (length > have || have < 64 ? fill & ~mask : 0);
}
uint32_t hw_ptx_bfe_u32(uint32_t a, uint32_t at, uint32_t n) { return static_cast<uint32_t>(field(a, at, n, 32, false)); }
uint32_t hw_ptx_bfe_s32(uint32_t a, uint32_t at, uint32_t n) { return static_cast<uint32_t>(field(a, at, n, 32, true)); }
uint64_t hw_ptx_bfe_u64(uint64_t a, uint32_t at, uint32_t n) { return field(a, at, n, 64, false); }
uint64_t hw_ptx_bfe_s64(uint64_t a, uint32_t at, uint32_t n) { return field(a, at, n, 64, true); }

static uint64_t inserted(uint64_t a, uint64_t into, uint32_t at, uint32_t length, uint32_t bits) {
    at &= 255, length &= 255;
    if (at >= bits || length == 0) return into;
    const uint32_t have = length < bits - at ? length : bits - at;
    const uint64_t mask = (have >= 64 ? ~uint64_t(0) : (uint64_t(1) << have) - 1) << at;
    return (into & ~mask) | (a << at & mask);
}
uint32_t hw_ptx_bfi_b32(uint32_t a, uint32_t into, uint32_t at, uint32_t n) { return static_cast<uint32_t>(inserted(a, into, at, n, 32)); }
uint64_t hw_ptx_bfi_b64(uint64_t a, uint64_t into, uint32_t at, uint32_t n) { return inserted(a, into, at, n, 64); }

uint32_t hw_ptx_brev_b32(uint32_t a) {
    a = (a >> 1 & 0x55555555) | (a & 0x55555555) << 1;
    a = (a >> 2 & 0x33333333) | (a & 0x33333333) << 2;
    a = (a >> 4 & 0x0f0f0f0f) | (a & 0x0f0f0f0f) << 4;
    return __builtin_bswap32(a);
}
uint64_t hw_ptx_brev_b64(uint64_t a) { return uint64_t(hw_ptx_brev_b32(uint32_t(a))) << 32 | hw_ptx_brev_b32(uint32_t(a >> 32)); }
uint32_t hw_ptx_popc_b32(uint32_t a) { return __builtin_popcount(a); }
uint32_t hw_ptx_popc_b64(uint64_t a) { return __builtin_popcountll(a); }
uint32_t hw_ptx_clz_b32(uint32_t a) { return a ? __builtin_clz(a) : 32; }
uint32_t hw_ptx_clz_b64(uint64_t a) { return a ? __builtin_clzll(a) : 64; }
uint32_t hw_nvvm_fns(uint32_t mask, uint32_t base, int32_t n);
uint32_t hw_ptx_fns_b32(uint32_t mask, uint32_t base, int32_t n) { return hw_nvvm_fns(mask, base, n); }

// `bfind`: the highest bit that is set, of a negative number the highest that is not.
static uint32_t highest(uint64_t a, bool is_signed, bool as_shift, uint32_t bits) {
    if (is_signed && a >> 63) a = ~a;
    if (bits == 32) a &= 0xffffffff;
    if (!a) return 0xffffffff;
    const uint32_t at = 63 - __builtin_clzll(a);
    return as_shift ? bits - 1 - at : at;
}
uint32_t hw_ptx_bfind_32(uint64_t a, uint32_t is_signed, uint32_t shift) { return highest(a, is_signed & 1, shift & 1, 32); }
uint32_t hw_ptx_bfind_64(uint64_t a, uint32_t is_signed, uint32_t shift) { return highest(a, is_signed & 1, shift & 1, 64); }

static uint32_t extended(uint32_t a, uint32_t n, bool is_signed) {
    if (n == 0) return 0;
    if (n >= 32) return a;
    const uint32_t mask = (1u << n) - 1;
    return is_signed && a >> (n - 1) & 1 ? a | ~mask : a & mask;
}
uint32_t hw_ptx_szext_wrap_s32(uint32_t a, uint32_t n) { return extended(a, n & 31, true); }
uint32_t hw_ptx_szext_wrap_u32(uint32_t a, uint32_t n) { return extended(a, n & 31, false); }
uint32_t hw_ptx_szext_clamp_s32(uint32_t a, uint32_t n) { return extended(a, n, true); }
uint32_t hw_ptx_szext_clamp_u32(uint32_t a, uint32_t n) { return extended(a, n, false); }
uint32_t hw_nvvm_bmsk_clamp(uint32_t, uint32_t);
uint32_t hw_nvvm_bmsk_wrap(uint32_t, uint32_t);
uint32_t hw_ptx_bmsk_clamp_b32(uint32_t a, uint32_t n) { return hw_nvvm_bmsk_clamp(a, n); }
uint32_t hw_ptx_bmsk_wrap_b32(uint32_t a, uint32_t n) { return hw_nvvm_bmsk_wrap(a, n); }

// Division by zero and the one overflow have no defined answer; this processor would stop the program.
uint64_t hw_ptx_div_u64(uint64_t a, uint64_t b) { return b ? a / b : ~uint64_t(0); }
uint64_t hw_ptx_rem_u64(uint64_t a, uint64_t b) { return b ? a % b : a; }
int64_t hw_ptx_div_s64(int64_t a, int64_t b) { return b == 0 ? -1 : b == -1 ? static_cast<int64_t>(0 - static_cast<uint64_t>(a)) : a / b; }
int64_t hw_ptx_rem_s64(int64_t a, int64_t b) { return b == 0 ? a : b == -1 ? 0 : a % b; }

// The carry flag between statements. Lanes change places only where they meet, which long additions never do.
static thread_local bool carry_flag;
bool hw_ptx_carry() { return carry_flag; }
void hw_ptx_set_carry(uint32_t value) { carry_flag = value & 1; }

// -- floating point -------------------------------------------------------------------------------------------------------

float hw_ptx_flush(float a) { return flush(a); }
float hw_ptx_saturate_f32(float a) { return saturate(a); }
double hw_ptx_saturate_f64(double a) { return saturate(a); }
float hw_ptx_relu_f32(float a) { return std::isnan(a) ? bits<float>(0x7fffffffu) : a > 0 ? a : 0; }
double hw_ptx_relu_f64(double a) { return std::isnan(a) ? a : a > 0 ? a : 0; }
float hw_ptx_ex2_f32(float a) { return std::exp2(a); }
float hw_ptx_lg2_f32(float a) { return std::log2(a); }
float hw_ptx_sin_f32(float a) { return std::sin(a); }
float hw_ptx_cos_f32(float a) { return std::cos(a); }
float hw_ptx_tanh_f32(float a) { return std::tanh(a); }
float hw_ptx_rsqrt_f32(float a) { return static_cast<float>(1 / std::sqrt(static_cast<double>(a))); }
double hw_ptx_rsqrt_f64(double a) { return 1 / std::sqrt(a); }

// A number of single precision with fewer digits: `digits` and the smallest exponent of the target; the odd mode keeps a
// mark of what was lost in the last digit.
static float cut(Round mode, float a, int digits, int smallest) {
    if (a == 0 || !std::isfinite(a)) return a;
    int exponent;
    std::frexp(a, &exponent);
    const int unit = (exponent - 1 > smallest ? exponent - 1 : smallest) - (digits - 1);
    return std::ldexp(whole(mode, std::ldexp(a, -unit)), unit);
}
static uint16_t half_bits(Round mode, float a) {
    float r = cut(mode, a, 11, -14);
    if (std::isfinite(a) && std::fabs(r) > 65504.0f) {
        const bool away = mode == Round::nearest || (mode == Round::up && a > 0) || (mode == Round::down && a < 0);
        r = std::copysign(away ? std::numeric_limits<float>::infinity() : 65504.0f, a);
    }
    if (std::isnan(a)) return 0x7fff;
    return bits<uint16_t>(static_cast<_Float16>(r));
}
static uint16_t brain_bits(Round mode, float a) {
    if (std::isnan(a)) return 0x7fff;
    float r = cut(mode, a, 8, -126);
    if (std::isinf(r) && std::isfinite(a) && (mode == Round::zero || (mode == Round::up && a < 0) || (mode == Round::down && a > 0))) {
        r = std::copysign(bits<float>(0x7f7f0000u), a);
    }
    return static_cast<uint16_t>(bits<uint32_t>(r) >> 16);
}
#define HALVES(s, mode)                                                                                                 \
    uint16_t hw_ptx_to_f16_##s(float a) { return half_bits(Round::mode, a); }                                           \
    uint16_t hw_ptx_to_bf16_##s(float a) { return brain_bits(Round::mode, a); }                                         \
    float hw_ptx_from_s64_f32_##s(int64_t a) { return convert<float>(Round::mode, a); }                                 \
    double hw_ptx_from_s64_f64_##s(int64_t a) { return convert<double>(Round::mode, a); }                               \
    float hw_ptx_from_u64_f32_##s(uint64_t a) { return unsigned_to<float>(Round::mode, a); }                            \
    double hw_ptx_from_u64_f64_##s(uint64_t a) { return unsigned_to<double>(Round::mode, a); }                          \
    INTEGER(s, mode, s8, int8_t) INTEGER(s, mode, u8, uint8_t) INTEGER(s, mode, s16, int16_t) INTEGER(s, mode, u16, uint16_t) \
    INTEGER(s, mode, s32, int32_t) INTEGER(s, mode, u32, uint32_t) INTEGER(s, mode, s64, int64_t) INTEGER(s, mode, u64, uint64_t)
#define INTEGER(s, mode, kind, T) uint64_t hw_ptx_to_##kind##_##s(double a) { return static_cast<uint64_t>(to_integer<T>(Round::mode, a)); }
}  // extern "C"
template <class T> static T unsigned_to(Round mode, uint64_t a) {
    // Above 2^63 the processor has no conversion: halve, keeping what was shifted out, and double.
    return a >> 63 ? 2 * convert<T>(mode, static_cast<int64_t>(a >> 1 | (a & 1))) : convert<T>(mode, static_cast<int64_t>(a));
}
extern "C" {
HALVES(rn, nearest) HALVES(rz, zero) HALVES(rm, down) HALVES(rp, up)

// Rounded to odd: towards zero, and the last digit set where anything was lost. A second rounding to at most 22 digits is
// then as good as a direct one.
static float odd(double a) {
    const float r = convert<float>(Round::zero, a);
    return std::isfinite(a) && r != a ? bits<float>(bits<uint32_t>(r) | 1) : r;
}
float hw_ptx_f64_to_f32_odd(double a) { return odd(a); }
float hw_ptx_from_s64_odd(int64_t a) {
    const float r = convert<float>(Round::zero, a);
    return static_cast<__int128>(r) != a ? bits<float>(bits<uint32_t>(r) | 1) : r;
}
float hw_ptx_from_u64_odd(uint64_t a) {
    const float r = unsigned_to<float>(Round::zero, a);
    return static_cast<__int128>(r) != a ? bits<float>(bits<uint32_t>(r) | 1) : r;
}

uint32_t hw_ptx_to_tf32_rna(float a) { return std::isfinite(a) ? (bits<uint32_t>(a) + 0x1000) & 0xffffe000u : bits<uint32_t>(a); }
uint32_t hw_ptx_to_tf32_rn(float a) { return bits<uint32_t>(cut(Round::nearest, a, 11, -126)); }
uint32_t hw_ptx_to_tf32_rz(float a) { return bits<uint32_t>(a) & 0xffffe000u; }

// a * b is exact in double precision; the sum is rounded to odd there, so that one rounding remains.
static double fused_odd(double a, double b, double c) {
    const double product = a * b, sum = product + c;
    if (!std::isfinite(sum)) return sum;
    const double other = sum - product, lost = (product - (sum - other)) + (c - other);
    if (lost == 0 || bits<uint64_t>(sum) & 1) return sum;
    return bits<double>(bits<uint64_t>(sum) + ((lost > 0) == (sum > 0) ? 1 : -1));
}
static float brain(uint32_t a) { return bits<float>(a << 16); }
static float half(uint32_t a) { return static_cast<float>(bits<_Float16>(static_cast<uint16_t>(a))); }
uint16_t hw_ptx_fma_f16(uint32_t a, uint32_t b, uint32_t c) { return half_bits(Round::nearest, odd(fused_odd(half(a), half(b), half(c)))); }
uint16_t hw_ptx_fma_bf16(uint32_t a, uint32_t b, uint32_t c) { return brain_bits(Round::nearest, odd(fused_odd(brain(a), brain(b), brain(c)))); }

// -- memory -----------------------------------------------------------------------------------------------------------------

// A shared address: an offset, as PTX has it; code that never left C++ may hand in the address itself.
void* hw_ptx_shared(uint64_t a) { return a < kLdsBytes ? hw_lds_pointer(static_cast<uint32_t>(a)) : reinterpret_cast<void*>(a); }

void hw_ptx_cp_async(void* to, const void* from, uint32_t size, uint32_t given) {
    const uint32_t copied = given < size ? given : size;
    if (copied) std::memcpy(to, from, copied);
    std::memset(static_cast<char*>(to) + copied, 0, size - copied);
}

}  // extern "C"
template <class Word, class Combine> static Word exchanged(Word* p, Combine combine) {
    Word old = __atomic_load_n(p, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(p, &old, combine(old), true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
    return old;
}
extern "C" {
#define ATOMIC_HALF(name, kind, read, write, expression)                                                                \
    uint16_t hw_ptx_atom_##name##_##kind(uint16_t* p, uint32_t value) {                                                 \
        return exchanged(p, [&](uint16_t old) { const float a = read(old), b = read(value & 0xffff); return write(Round::nearest, expression); }); \
    }                                                                                                                   \
    uint32_t hw_ptx_atom_##name##_##kind##x2(uint32_t* p, uint32_t value) {                                             \
        return exchanged(p, [&](uint32_t old) {                                                                         \
            uint32_t r = 0;                                                                                             \
            for (int i = 0; i < 32; i += 16) {                                                                          \
                const float a = read(old >> i & 0xffff), b = read(value >> i & 0xffff);                                 \
                r |= uint32_t(write(Round::nearest, expression)) << i;                                                  \
            }                                                                                                           \
            return r;                                                                                                   \
        });                                                                                                             \
    }
#define ATOMIC_HALVES(name, expression)                                                                                 \
    ATOMIC_HALF(name, f16, half, half_bits, expression) ATOMIC_HALF(name, bf16, brain, brain_bits, expression)
ATOMIC_HALVES(add, a + b)
ATOMIC_HALVES(min, std::fmin(a, b))
ATOMIC_HALVES(max, std::fmax(a, b))

// -- mbarrier: phase in bit 63, arrivals still missing in bits 32 to 62, arrivals of a phase in bits 0 to 31 -----------------

void hw_ptx_mbarrier_init(uint64_t* p, uint32_t count) { *p = uint64_t(count) << 32 | count; }
uint64_t hw_ptx_mbarrier_arrive(uint64_t* p, uint32_t count, uint32_t drop) {
    return exchanged(p, [&](uint64_t old) {
        uint64_t expected = old & 0xffffffff, missing = old >> 32 & 0x7fffffff, phase = old >> 63;
        if (drop & 1) expected -= count;
        missing = missing > count ? missing - count : 0;
        if (missing == 0) missing = expected, phase ^= 1;
        return phase << 63 | missing << 32 | expected;
    });
}
uint32_t hw_ptx_mbarrier_pending(uint64_t state) { return state >> 32 & 0x7fffffff; }
bool hw_ptx_mbarrier_test_state(const uint64_t* p, uint64_t state, uint32_t site) {
    if (__atomic_load_n(p, __ATOMIC_ACQUIRE) >> 63 != state >> 63) return true;
    yield(site);
    return __atomic_load_n(p, __ATOMIC_ACQUIRE) >> 63 != state >> 63;
}
bool hw_ptx_mbarrier_test_parity(const uint64_t* p, uint32_t parity, uint32_t site) {
    if (__atomic_load_n(p, __ATOMIC_ACQUIRE) >> 63 != (parity & 1)) return true;
    yield(site);
    return __atomic_load_n(p, __ATOMIC_ACQUIRE) >> 63 != (parity & 1);
}

}  // extern "C"
