// What the files of device functions share: how they are named, types as the rewritten IR passes them, bits of values.
//
// `llvm.a.b.c` is called as `hw_a_b_c`; any other function `f` of a device library as the symbol `hw.f`.
// IR leaves the upper bits of an i1, i8 or i16 argument open: such parameters are taken as uint32_t and cut.
#pragma once

#include "../machine.h"

#include <cstdint>
#include <cstring>

// DEVICE(float, __ocml_sin_f32, (float x)) { ... }  defines the function that device code knows as __ocml_sin_f32.
#define DEVICE(result, name, parameters)                                                                                \
    extern "C" result hw_fn_##name parameters asm("hw." #name);                                                         \
    extern "C" result hw_fn_##name parameters

namespace hw {

// Short vectors come in one vector register, whatever they hold; the C ABI would pass those of four bytes as an integer.
// So parameters and results have the width of the register, and only the first elements mean something.
using Half8 = _Float16 __attribute__((ext_vector_type(8)));       // <2 x half>, <4 x half>
using Bfloat8 = __bf16 __attribute__((ext_vector_type(8)));       // <2 x bfloat>
using Short8 = int16_t __attribute__((ext_vector_type(8)));       // <2 x i16>, <4 x i16>
using Byte16 = uint8_t __attribute__((ext_vector_type(16)));      // <2 x i8>, <4 x i8>
using Int4 = int32_t __attribute__((ext_vector_type(4)));         // <2 x i32>, <3 x i32>, <4 x i32>
using Float4 = float __attribute__((ext_vector_type(4)));         // <2 x float>, <3 x float>, <4 x float>

// {i32, i1}, {float, i1}, {double, i1} as IR returns them: each member in a register of its own.
struct IntBit { uint64_t value, bit; };
struct FloatBit { float value; alignas(8) uint64_t bit; };
struct DoubleBit { double value; uint64_t bit; };

template <class To, class From> inline To bits_as(From value) {
    static_assert(sizeof(To) == sizeof(From));
    To result;
    std::memcpy(&result, &value, sizeof result);
    return result;
}

// A value of up to eight bytes as the low bits of a word, and back.
template <class T> inline uint64_t word_of(T value) {
    static_assert(sizeof(T) <= 8);
    uint64_t word = 0;
    std::memcpy(&word, &value, sizeof value);
    return word;
}
template <class T> inline T from_word(uint64_t word) {
    static_assert(sizeof(T) <= 8);
    T value;
    std::memcpy(&value, &word, sizeof value);
    return value;
}

inline uint32_t lane() { return hw_self->lane; }

// Calls visit(lane) for each bit that is set, from the lowest on.
template <class Visit> inline void each_lane(uint64_t lanes, Visit visit) {
    for (; lanes; lanes &= lanes - 1) visit(static_cast<uint32_t>(__builtin_ctzll(lanes)));
}

}  // namespace hw
