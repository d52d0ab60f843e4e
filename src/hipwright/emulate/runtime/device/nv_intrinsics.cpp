// NVIDIA's intrinsics for one lane alone (llvm.nvvm.*): arithmetic in stated rounding modes, approximations, integers,
// address spaces, caches.
#include "../machine.h"
#include "nv_rounding.h"

using namespace hw;

extern "C" {

// -- arithmetic: modes x precision; .ftz flushes subnormal operands and results, .sat clamps to [0, 1] --------------------

#define F1(name, f) float hw_nvvm_##name(float a) { return f; }
#define D1(name, f) double hw_nvvm_##name(double a) { return f; }
#define F2(name, f) float hw_nvvm_##name(float a, float b) { return f; }
#define D2(name, f) double hw_nvvm_##name(double a, double b) { return f; }

#define MODE(s, m)                                                                                                      \
    D2(add_##s##_d, add(Round::m, a, b))                                                                                \
    F2(add_##s##_f, add(Round::m, a, b))                                                                                \
    F2(add_##s##_sat_f, saturate(add(Round::m, a, b)))                                                                  \
    F2(add_##s##_ftz_f, flush(add(Round::m, flush(a), flush(b))))                                                       \
    F2(add_##s##_ftz_sat_f, flush(saturate(add(Round::m, flush(a), flush(b)))))                                         \
    D2(mul_##s##_d, multiply(Round::m, a, b))                                                                           \
    F2(mul_##s##_f, multiply(Round::m, a, b))                                                                           \
    F2(mul_##s##_ftz_f, flush(multiply(Round::m, flush(a), flush(b))))                                                  \
    D2(div_##s##_d, divide(Round::m, a, b))                                                                             \
    F2(div_##s##_f, divide(Round::m, a, b))                                                                             \
    F2(div_##s##_ftz_f, flush(divide(Round::m, flush(a), flush(b))))                                                    \
    D1(rcp_##s##_d, divide(Round::m, 1.0, a))                                                                           \
    F1(rcp_##s##_f, divide(Round::m, 1.0f, a))                                                                          \
    F1(rcp_##s##_ftz_f, flush(divide(Round::m, 1.0f, flush(a))))                                                        \
    D1(sqrt_##s##_d, root(Round::m, a))                                                                                 \
    F1(sqrt_##s##_f, root(Round::m, a))                                                                                 \
    F1(sqrt_##s##_ftz_f, flush(root(Round::m, flush(a))))                                                               \
    double hw_nvvm_fma_##s##_d(double a, double b, double c) { return fused(Round::m, a, b, c); }                       \
    float hw_nvvm_fma_##s##_f(float a, float b, float c) { return fused(Round::m, a, b, c); }                           \
    float hw_nvvm_fma_##s##_sat_f(float a, float b, float c) { return saturate(fused(Round::m, a, b, c)); }             \
    float hw_nvvm_fma_##s##_ftz_f(float a, float b, float c) {                                                          \
        return flush(fused(Round::m, flush(a), flush(b), flush(c)));                                                    \
    }                                                                                                                   \
    float hw_nvvm_fma_##s##_ftz_sat_f(float a, float b, float c) {                                                      \
        return flush(saturate(fused(Round::m, flush(a), flush(b), flush(c))));                                          \
    }                                                                                                                   \
    int32_t hw_nvvm_f2i_##s(float a) { return to_integer<int32_t>(Round::m, a); }                                       \
    int32_t hw_nvvm_f2i_##s##_ftz(float a) { return to_integer<int32_t>(Round::m, flush(a)); }                          \
    uint32_t hw_nvvm_f2ui_##s(float a) { return to_integer<uint32_t>(Round::m, a); }                                    \
    uint32_t hw_nvvm_f2ui_##s##_ftz(float a) { return to_integer<uint32_t>(Round::m, flush(a)); }                       \
    int64_t hw_nvvm_f2ll_##s(float a) { return to_integer<int64_t>(Round::m, a); }                                      \
    int64_t hw_nvvm_f2ll_##s##_ftz(float a) { return to_integer<int64_t>(Round::m, flush(a)); }                         \
    uint64_t hw_nvvm_f2ull_##s(float a) { return to_integer<uint64_t>(Round::m, a); }                                   \
    uint64_t hw_nvvm_f2ull_##s##_ftz(float a) { return to_integer<uint64_t>(Round::m, flush(a)); }                      \
    int32_t hw_nvvm_d2i_##s(double a) { return to_integer<int32_t>(Round::m, a); }                                      \
    uint32_t hw_nvvm_d2ui_##s(double a) { return to_integer<uint32_t>(Round::m, a); }                                   \
    int64_t hw_nvvm_d2ll_##s(double a) { return to_integer<int64_t>(Round::m, a); }                                     \
    uint64_t hw_nvvm_d2ull_##s(double a) { return to_integer<uint64_t>(Round::m, a); }                                  \
    float hw_nvvm_d2f_##s(double a) { return convert<float>(Round::m, a); }                                             \
    float hw_nvvm_d2f_##s##_ftz(double a) { return flush(convert<float>(Round::m, a)); }                                \
    float hw_nvvm_i2f_##s(int32_t a) { return convert<float>(Round::m, a); }                                            \
    float hw_nvvm_ui2f_##s(uint32_t a) { return convert<float>(Round::m, static_cast<int64_t>(a)); }                    \
    float hw_nvvm_ll2f_##s(int64_t a) { return convert<float>(Round::m, a); }                                           \
    double hw_nvvm_i2d_##s(int32_t a) { return a; }                                                                     \
    double hw_nvvm_ui2d_##s(uint32_t a) { return a; }                                                                   \
    double hw_nvvm_ll2d_##s(int64_t a) { return convert<double>(Round::m, a); }
MODE(rn, nearest) MODE(rz, zero) MODE(rp, up) MODE(rm, down)

uint16_t hw_nvvm_f2h_rn(float a) { return bits<uint16_t>(static_cast<_Float16>(a)); }
uint16_t hw_nvvm_f2h_rn_ftz(float a) { return bits<uint16_t>(static_cast<_Float16>(flush(a))); }
uint32_t hw_nvvm_d2i_hi(double a) { return static_cast<uint32_t>(bits<uint64_t>(a) >> 32); }
uint32_t hw_nvvm_d2i_lo(double a) { return static_cast<uint32_t>(bits<uint64_t>(a)); }
double hw_nvvm_lohi_i2d(uint32_t low, uint32_t high) { return bits<double>(uint64_t(high) << 32 | low); }

// -- approximations: the exact functions ------------------------------------------------------------------------------------

F1(ex2_approx_f, std::exp2(a))
F1(ex2_approx_f32, std::exp2(a))
F1(ex2_approx_ftz_f, flush(std::exp2(flush(a))))
F1(ex2_approx_ftz_f32, flush(std::exp2(flush(a))))
D1(ex2_approx_d, std::exp2(a))
F1(lg2_approx_f, std::log2(a))
F1(lg2_approx_ftz_f, flush(std::log2(flush(a))))
D1(lg2_approx_d, std::log2(a))
F1(sin_approx_f, std::sin(a))
F1(sin_approx_ftz_f, flush(std::sin(flush(a))))
F1(cos_approx_f, std::cos(a))
F1(cos_approx_ftz_f, flush(std::cos(flush(a))))
F1(tanh_approx_f32, std::tanh(a))
F1(rsqrt_approx_f, static_cast<float>(1 / std::sqrt(static_cast<double>(a))))
F1(rsqrt_approx_ftz_f, flush(static_cast<float>(1 / std::sqrt(static_cast<double>(flush(a))))))
D1(rsqrt_approx_d, 1 / std::sqrt(a))
D1(rsqrt_approx_ftz_d, 1 / std::sqrt(a))
F1(rcp_approx_ftz_f, flush(1 / flush(a)))
// Works on the upper half of the operand, and makes the upper half of the result.
D1(rcp_approx_ftz_d, bits<double>(bits<uint64_t>(1 / bits<double>(bits<uint64_t>(a) & 0xffffffff00000000u)) & 0xffffffff00000000u))
F1(sqrt_approx_f, std::sqrt(a))
F1(sqrt_approx_ftz_f, flush(std::sqrt(flush(a))))
F1(sqrt_f, std::sqrt(a))
F2(div_approx_f, a / b)
F2(div_approx_ftz_f, flush(flush(a) / flush(b)))
F2(div_full, a / b)
F2(div_full_ftz, flush(flush(a) / flush(b)))

F1(saturate_f, saturate(a))
F1(saturate_ftz_f, flush(saturate(flush(a))))
D1(saturate_d, saturate(a))
F1(ceil_f, std::ceil(a))
F1(ceil_ftz_f, std::ceil(flush(a)))
D1(ceil_d, std::ceil(a))
F1(floor_f, std::floor(a))
F1(floor_ftz_f, std::floor(flush(a)))
D1(floor_d, std::floor(a))
F1(trunc_f, std::trunc(a))
F1(trunc_ftz_f, std::trunc(flush(a)))
D1(trunc_d, std::trunc(a))
F1(round_f, std::nearbyint(a))
F1(round_ftz_f, std::nearbyint(flush(a)))
D1(round_d, std::nearbyint(a))
F1(fabs_f32, std::fabs(a))
F1(fabs_ftz_f32, std::fabs(flush(a)))
F1(fabs_ftz, std::fabs(flush(a)))
D1(fabs_f64, std::fabs(a))

static float larger_or_nan(float a, float b) { return std::isnan(a) || std::isnan(b) ? bits<float>(0x7fffffffu) : std::fmax(a, b); }
static float smaller_or_nan(float a, float b) { return std::isnan(a) || std::isnan(b) ? bits<float>(0x7fffffffu) : std::fmin(a, b); }
D2(fmax_d, std::fmax(a, b))
D2(fmin_d, std::fmin(a, b))
F2(fmax_f, std::fmax(a, b))
F2(fmin_f, std::fmin(a, b))
F2(fmax_ftz_f, std::fmax(flush(a), flush(b)))
F2(fmin_ftz_f, std::fmin(flush(a), flush(b)))
F2(fmax_nan_f, larger_or_nan(a, b))
F2(fmin_nan_f, smaller_or_nan(a, b))
F2(fmax_ftz_nan_f, larger_or_nan(flush(a), flush(b)))
F2(fmin_ftz_nan_f, smaller_or_nan(flush(a), flush(b)))

// -- integers -------------------------------------------------------------------------------------------------------------

static int32_t low24(int32_t a) { return static_cast<int32_t>(static_cast<uint32_t>(a) << 8) >> 8; }
int32_t hw_nvvm_mul24_i(int32_t a, int32_t b) { return static_cast<int32_t>(int64_t(low24(a)) * low24(b)); }
uint32_t hw_nvvm_mul24_ui(uint32_t a, uint32_t b) { return (a & 0xffffff) * (b & 0xffffff); }
int32_t hw_nvvm_mulhi_i(int32_t a, int32_t b) { return static_cast<int32_t>(int64_t(a) * b >> 32); }
uint32_t hw_nvvm_mulhi_ui(uint32_t a, uint32_t b) { return static_cast<uint32_t>(uint64_t(a) * b >> 32); }
int64_t hw_nvvm_mulhi_ll(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<__int128>(a) * b >> 64); }
uint64_t hw_nvvm_mulhi_ull(uint64_t a, uint64_t b) { return static_cast<uint64_t>(static_cast<unsigned __int128>(a) * b >> 64); }
int32_t hw_nvvm_mulhi_s(int32_t a, int32_t b) { return static_cast<int16_t>(int16_t(a) * int16_t(b) >> 16); }
uint32_t hw_nvvm_mulhi_us(uint32_t a, uint32_t b) { return uint32_t(uint16_t(a)) * uint16_t(b) >> 16; }
uint32_t hw_nvvm_sad_i(int32_t a, int32_t b, uint32_t c) { return c + (a > b ? uint32_t(a) - uint32_t(b) : uint32_t(b) - uint32_t(a)); }
uint32_t hw_nvvm_sad_ui(uint32_t a, uint32_t b, uint32_t c) { return c + (a > b ? a - b : b - a); }
uint64_t hw_nvvm_sad_ll(int64_t a, int64_t b, uint64_t c) { return c + (a > b ? uint64_t(a) - uint64_t(b) : uint64_t(b) - uint64_t(a)); }
uint64_t hw_nvvm_sad_ull(uint64_t a, uint64_t b, uint64_t c) { return c + (a > b ? a - b : b - a); }
uint32_t hw_nvvm_sad_s(int32_t a, int32_t b, uint32_t c) { return uint16_t(c + static_cast<uint32_t>(std::abs(int16_t(a) - int16_t(b)))); }
uint32_t hw_nvvm_sad_us(uint32_t a, uint32_t b, uint32_t c) { return uint16_t(c + static_cast<uint32_t>(std::abs(uint16_t(a) - uint16_t(b)))); }

// `prmt`: bytes of b:a picked by the selector's nibbles; a nibble's top bit asks for the byte's sign instead.
uint32_t hw_nvvm_prmt(uint32_t a, uint32_t b, uint32_t selector) {
    const uint64_t both = uint64_t(b) << 32 | a;
    uint32_t r = 0;
    for (int i = 0; i < 4; ++i) {
        const uint32_t pick = selector >> 4 * i & 15, byte = both >> (pick & 7) * 8 & 0xff;
        r |= (pick & 8 ? (byte & 0x80 ? 0xffu : 0u) : byte) << 8 * i;
    }
    return r;
}
static uint32_t picked(uint64_t both, int a, int b, int c, int d) {
    return uint32_t(both >> 8 * a & 0xff) | uint32_t(both >> 8 * b & 0xff) << 8 | uint32_t(both >> 8 * c & 0xff) << 16 |
           uint32_t(both >> 8 * d & 0xff) << 24;
}
uint32_t hw_nvvm_prmt_f4e(uint32_t a, uint32_t b, uint32_t s) { return static_cast<uint32_t>((uint64_t(b) << 32 | a) >> 8 * (s & 3)); }
uint32_t hw_nvvm_prmt_b4e(uint32_t a, uint32_t b, uint32_t s) {
    const uint64_t both = uint64_t(b) << 32 | a;
    const int n = s & 3;
    return picked(both, n, (n + 7) & 7, (n + 6) & 7, (n + 5) & 7);
}
uint32_t hw_nvvm_prmt_rc8(uint32_t a, uint32_t s) { return (a >> 8 * (s & 3) & 0xff) * 0x01010101u; }
uint32_t hw_nvvm_prmt_rc16(uint32_t a, uint32_t s) { return (a >> 16 * (s & 1) & 0xffff) * 0x00010001u; }
uint32_t hw_nvvm_prmt_ecl(uint32_t a, uint32_t s) {
    const int n = s & 3;
    return picked(a, n > 0 ? n : 0, n > 1 ? n : 1, n > 2 ? n : 2, 3);
}
uint32_t hw_nvvm_prmt_ecr(uint32_t a, uint32_t s) {
    const int n = s & 3;
    return picked(a, 0, n < 1 ? n : 1, n < 2 ? n : 2, n);
}

// `fns`: the place of the n-th set bit of the mask, counted from `base` upwards (n > 0) or downwards (n < 0).
uint32_t hw_nvvm_fns(uint32_t mask, uint32_t base, int32_t n) {
    base &= 31;
    if (n == 0) return mask >> base & 1 ? base : 0xffffffffu;
    int32_t left = n > 0 ? n : -n;
    for (int32_t at = static_cast<int32_t>(base); at >= 0 && at < 32; at += n > 0 ? 1 : -1) {
        if (mask >> at & 1 && --left == 0) return static_cast<uint32_t>(at);
    }
    return 0xffffffffu;
}
uint32_t hw_nvvm_flo_u(uint32_t a, uint32_t shift) {
    if (!a) return 0xffffffffu;
    const uint32_t lead = __builtin_clz(a);
    return shift & 1 ? lead : 31 - lead;
}
uint32_t hw_nvvm_flo_s(int32_t a, uint32_t shift) { return hw_nvvm_flo_u(a < 0 ? ~static_cast<uint32_t>(a) : static_cast<uint32_t>(a), shift); }
static uint32_t mask_of(uint32_t start, uint32_t width, bool wrap) {
    if (wrap) start &= 31, width &= 31;
    if (start > 31) return 0;
    const uint64_t ones = width > 31 ? 0xffffffffull : (1ull << width) - 1;
    return static_cast<uint32_t>(ones << start);
}
uint32_t hw_nvvm_bmsk_clamp(uint32_t start, uint32_t width) { return mask_of(start, width, false); }
uint32_t hw_nvvm_bmsk_wrap(uint32_t start, uint32_t width) { return mask_of(start, width, true); }
uint32_t hw_nvvm_fshl_clamp_i32(uint32_t high, uint32_t low, uint32_t n) { return n >= 32 ? low : static_cast<uint32_t>((uint64_t(high) << 32 | low) << n >> 32); }
uint32_t hw_nvvm_fshr_clamp_i32(uint32_t high, uint32_t low, uint32_t n) { return n >= 32 ? high : static_cast<uint32_t>((uint64_t(high) << 32 | low) >> n); }

#define IDP(s, A, B, ta, tb)                                                                                            \
    uint32_t hw_nvvm_idp4a_##A##_##B(uint32_t a, uint32_t b, uint32_t c) {                                              \
        for (int i = 0; i < 32; i += 8) c += static_cast<uint32_t>(int32_t(ta##8_t(a >> i)) * int32_t(tb##8_t(b >> i))); \
        return c;                                                                                                       \
    }                                                                                                                   \
    uint32_t hw_nvvm_idp2a_##A##_##B(uint32_t a, uint32_t b, uint32_t upper, uint32_t c) {                              \
        if (upper & 1) b >>= 16;                                                                                        \
        for (int i = 0; i < 2; ++i) c += static_cast<uint32_t>(int32_t(ta##16_t(a >> 16 * i)) * int32_t(tb##8_t(b >> 8 * i))); \
        return c;                                                                                                       \
    }
IDP(, s, s, int, int) IDP(, s, u, int, uint) IDP(, u, s, uint, int) IDP(, u, u, uint, uint)

// -- atomics of a stated scope: every scope is the whole machine here --------------------------------------------------------

#define ATOMIC_IN(scope)                                                                                                \
    ATOMIC_OF(scope, i32, int32_t, uint32_t) ATOMIC_OF(scope, i64, int64_t, uint64_t)                                   \
    float hw_nvvm_atomic_add_gen_f_##scope##_f32_p0(float* p, float v) { return added(p, v); }                          \
    double hw_nvvm_atomic_add_gen_f_##scope##_f64_p0(double* p, double v) { return added(p, v); }
#define ATOMIC_OF(scope, kind, Signed, Unsigned)                                                                        \
    ATOMIC(add, scope, kind, Unsigned, old + v) ATOMIC(and, scope, kind, Unsigned, old & v)                             \
    ATOMIC(or, scope, kind, Unsigned, old | v) ATOMIC(xor, scope, kind, Unsigned, old ^ v)                              \
    ATOMIC(exch, scope, kind, Unsigned, v) ATOMIC(max, scope, kind, Signed, old > v ? old : v)                          \
    ATOMIC(min, scope, kind, Signed, old < v ? old : v) ATOMIC(inc, scope, kind, Unsigned, old >= v ? 0 : old + 1)      \
    ATOMIC(dec, scope, kind, Unsigned, old == 0 || old > v ? v : old - 1)                                               \
    Unsigned hw_nvvm_atomic_cas_gen_i_##scope##_##kind##_p0(Unsigned* p, Unsigned expected, Unsigned v) {               \
        __atomic_compare_exchange_n(p, &expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                        \
        return expected;                                                                                                \
    }
#define ATOMIC(name, scope, kind, T, expression)                                                                        \
    T hw_nvvm_atomic_##name##_gen_i_##scope##_##kind##_p0(T* p, T v) {                                                  \
        return changed(p, [&](T old) -> T { (void)old; return expression; });                                           \
    }
}  // extern "C"
template <class T, class Change> static T changed(T* p, Change change) {
    T old = __atomic_load_n(p, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(p, &old, change(old), true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
    return old;
}
template <class T> static T added(T* p, T v) {
    T old, sum;
    __atomic_load(p, &old, __ATOMIC_RELAXED);
    do sum = old + v;
    while (!__atomic_compare_exchange(p, &old, &sum, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    return old;
}
extern "C" {
ATOMIC_IN(cta) ATOMIC_IN(sys)

// -- address spaces and caches ------------------------------------------------------------------------------------------------

static bool in_lds(const void* p) { return static_cast<uintptr_t>(reinterpret_cast<uintptr_t>(p) - reinterpret_cast<uintptr_t>(hw_lds)) < kLdsBytes; }
bool hw_nvvm_isspacep_shared(const void* p) { return in_lds(p); }
bool hw_nvvm_isspacep_shared_cluster(const void* p) { return in_lds(p); }
// Local memory is the lane's own stack: it lies above this call's frame.
static bool on_stack(const void* p) {
    constexpr uintptr_t kNear = 256 << 10;
    return reinterpret_cast<uintptr_t>(p) - reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) < kNear;
}
bool hw_nvvm_isspacep_local(const void* p) { return !in_lds(p) && on_stack(p); }
bool hw_nvvm_isspacep_global(const void* p) { return !in_lds(p) && !on_stack(p); }
bool hw_nvvm_isspacep_const(const void*) { return false; }   // nothing tells constant variables from others by address

#define NOTHING(name) void hw_nvvm_##name(const void*) {}
NOTHING(prefetch_L1) NOTHING(prefetch_L2) NOTHING(prefetchu_L1) NOTHING(prefetch_global_L1) NOTHING(prefetch_global_L2)
NOTHING(prefetch_local_L1) NOTHING(prefetch_local_L2) NOTHING(prefetch_global_L2_evict_last)
NOTHING(prefetch_global_L2_evict_normal) NOTHING(applypriority_L2_evict_normal) NOTHING(applypriority_global_L2_evict_normal)

// -- loads past the coherent caches: memory is coherent here ---------------------------------------------------------------------

typedef float hw_v2f __attribute__((vector_size(8)));
typedef float hw_v4f __attribute__((vector_size(16)));
typedef double hw_v2d __attribute__((vector_size(16)));
typedef int32_t hw_v2i __attribute__((vector_size(8)));
typedef int32_t hw_v4i __attribute__((vector_size(16)));
typedef int64_t hw_v2l __attribute__((vector_size(16)));
#define LOAD(kind, name, T) T hw_nvvm_##name(const T* p, uint32_t) { return *p; }
#define LOADS(op)                                                                                                       \
    LOAD(op, op##_global_i_i8_p0, int8_t) LOAD(op, op##_global_i_i16_p0, int16_t) LOAD(op, op##_global_i_i32_p0, int32_t) \
    LOAD(op, op##_global_i_i64_p0, int64_t) LOAD(op, op##_global_f_f32_p0, float) LOAD(op, op##_global_f_f64_p0, double) \
    LOAD(op, op##_global_f_v2f32_p0, hw_v2f) LOAD(op, op##_global_f_v4f32_p0, hw_v4f) LOAD(op, op##_global_f_v2f64_p0, hw_v2d) \
    LOAD(op, op##_global_i_v2i32_p0, hw_v2i) LOAD(op, op##_global_i_v4i32_p0, hw_v4i) LOAD(op, op##_global_i_v2i64_p0, hw_v2l)
LOADS(ldg) LOADS(ldu)

}  // extern "C"
