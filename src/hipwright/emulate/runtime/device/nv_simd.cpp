// NVIDIA's SIMD-in-a-word functions (`__nv_vadd2`, `__nv_vcmpgts4`, ...): two halves or four bytes of a 32-bit word.
#include <cstdint>

namespace {

template <int width> int64_t part(uint32_t a, int i, bool is_signed) {
    const uint32_t field = a >> i * width & ((1u << width) - 1);
    return is_signed && field >> (width - 1) ? int64_t(field) - (int64_t(1) << width) : int64_t(field);
}

template <int width, class Function> uint32_t each(uint32_t a, uint32_t b, bool is_signed, Function function) {
    uint32_t r = 0;
    for (int i = 0; i < 32 / width; ++i) {
        const int64_t value = function(part<width>(a, i, is_signed), part<width>(b, i, is_signed));
        r |= (static_cast<uint32_t>(value) & ((1u << width) - 1)) << i * width;
    }
    return r;
}

int64_t clamp(int64_t a, int64_t low, int64_t high) { return a < low ? low : a > high ? high : a; }

}  // namespace

#define SIMD(name, width, is_signed, expression)                                                                        \
    extern "C" uint32_t nv_##name##width(uint32_t, uint32_t) asm("hw.__nv_" #name #width);                              \
    extern "C" uint32_t nv_##name##width(uint32_t left, uint32_t right) {                                               \
        constexpr int bits = 32 / width;                                                                                \
        [[maybe_unused]] constexpr int64_t top = (int64_t(1) << (bits - 1)) - 1, all = (int64_t(1) << bits) - 1;        \
        return each<bits>(left, right, is_signed, [](int64_t a, [[maybe_unused]] int64_t b) -> int64_t { return expression; }); \
    }
#define SIMD1(name, width, is_signed, expression)                                                                       \
    extern "C" uint32_t nv_##name##width(uint32_t) asm("hw.__nv_" #name #width);                                        \
    extern "C" uint32_t nv_##name##width(uint32_t word) {                                                               \
        constexpr int bits = 32 / width;                                                                                \
        [[maybe_unused]] constexpr int64_t top = (int64_t(1) << (bits - 1)) - 1;                                        \
        return each<bits>(word, 0, is_signed, [](int64_t a, int64_t) -> int64_t { return expression; });                \
    }
#define SUM(name, width, is_signed)                                                                                     \
    extern "C" uint32_t nv_##name##width(uint32_t, uint32_t) asm("hw.__nv_" #name #width);                              \
    extern "C" uint32_t nv_##name##width(uint32_t a, uint32_t b) {                                                      \
        int64_t sum = 0;                                                                                                \
        for (int i = 0; i < width; ++i) {                                                                               \
            const int64_t d = part<32 / width>(a, i, is_signed) - part<32 / width>(b, i, is_signed);                    \
            sum += d < 0 ? -d : d;                                                                                      \
        }                                                                                                               \
        return static_cast<uint32_t>(sum);                                                                              \
    }
#define COMPARE(name, width, is_signed, op)                                                                             \
    SIMD(vcmp##name, width, is_signed, a op b ? -1 : 0)                                                                 \
    SIMD(vset##name, width, is_signed, a op b ? 1 : 0)

#define BOTH(width)                                                                                                     \
    SIMD1(vabs, width, true, a < 0 ? -a : a)                                                                            \
    SIMD1(vabsss, width, true, clamp(a < 0 ? -a : a, 0, top))                                                           \
    SIMD1(vneg, width, true, -a)                                                                                        \
    SIMD1(vnegss, width, true, clamp(-a, -top - 1, top))                                                                \
    SIMD(vabsdiffs, width, true, a > b ? a - b : b - a)                                                                 \
    SIMD(vabsdiffu, width, false, a > b ? a - b : b - a)                                                                \
    SIMD(vadd, width, false, a + b)                                                                                     \
    SIMD(vaddss, width, true, clamp(a + b, -top - 1, top))                                                              \
    SIMD(vaddus, width, false, clamp(a + b, 0, all))                                                                    \
    SIMD(vsub, width, false, a - b)                                                                                     \
    SIMD(vsubss, width, true, clamp(a - b, -top - 1, top))                                                              \
    SIMD(vsubus, width, false, clamp(a - b, 0, all))                                                                    \
    SIMD(vavgs, width, true, (a + b + (a + b >= 0)) >> 1)                                                               \
    SIMD(vavgu, width, false, (a + b + 1) >> 1)                                                                         \
    SIMD(vhaddu, width, false, (a + b) >> 1)                                                                            \
    SIMD(vmaxs, width, true, a > b ? a : b)                                                                             \
    SIMD(vmaxu, width, false, a > b ? a : b)                                                                            \
    SIMD(vmins, width, true, a < b ? a : b)                                                                             \
    SIMD(vminu, width, false, a < b ? a : b)                                                                            \
    SUM(vsads, width, true)                                                                                             \
    SUM(vsadu, width, false)                                                                                            \
    COMPARE(eq, width, false, ==) COMPARE(ne, width, false, !=)                                                         \
    COMPARE(ges, width, true, >=) COMPARE(geu, width, false, >=) COMPARE(gts, width, true, >) COMPARE(gtu, width, false, >) \
    COMPARE(les, width, true, <=) COMPARE(leu, width, false, <=) COMPARE(lts, width, true, <) COMPARE(ltu, width, false, <)

BOTH(2)
BOTH(4)
