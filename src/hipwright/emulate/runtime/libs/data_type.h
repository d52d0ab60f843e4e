// Run-time element types: the numbers of hipDataType and cudaDataType, which agree.
#pragma once

#include "numbers.h"

#include <cstddef>
#include <limits>

namespace hw {

enum class DataType : int {
    r32f = 0, r64f = 1, r16f = 2, r8i = 3, c32f = 4, c64f = 5, r8u = 8, r32i = 10, r16bf = 14, r64i = 24, e4m3 = 28, e5m2 = 29
};

template <class T> struct Tag { using type = T; };

// Calls `visit` with the Tag of the type; false for a type that has none here.
template <class Visit>
bool with_type(DataType type, Visit visit) {
    switch (type) {
    case DataType::r32f: visit(Tag<float>()); return true;
    case DataType::r64f: visit(Tag<double>()); return true;
    case DataType::r16f: visit(Tag<Half>()); return true;
    case DataType::r16bf: visit(Tag<Bf16>()); return true;
    case DataType::r8i: visit(Tag<int8_t>()); return true;
    case DataType::r8u: visit(Tag<uint8_t>()); return true;
    case DataType::r32i: visit(Tag<int32_t>()); return true;
    case DataType::c32f: visit(Tag<ComplexF>()); return true;
    case DataType::c64f: visit(Tag<ComplexD>()); return true;
    case DataType::e4m3: visit(Tag<E4m3>()); return true;
    case DataType::e5m2: visit(Tag<E5m2>()); return true;
    default: return false;
    }
}

inline size_t size_of(DataType type) {
    size_t bytes = 0;
    with_type(type, [&](auto tag) { bytes = sizeof(typename decltype(tag)::type); });
    return bytes;
}

template <class T> constexpr bool is_float8 = std::is_same<T, E4m3>::value || std::is_same<T, E5m2>::value;

// One element in type W. Complex numbers have no place in a real W: zero then, and callers rule it out beforehand.
template <class W>
W load(DataType type, const void* p, int64_t i) {
    W value{};
    with_type(type, [&](auto tag) {
        using T = typename decltype(tag)::type;
        if constexpr (is_float8<T>) value = convert<W>(float(static_cast<const T*>(p)[i]));
        else if constexpr (!is_complex<T> || is_complex<W>) value = convert<W>(static_cast<const T*>(p)[i]);
    });
    return value;
}

template <class W>
void store(DataType type, void* p, int64_t i, W value) {
    with_type(type, [&](auto tag) {
        using T = typename decltype(tag)::type;
        if constexpr (!is_float8<T> && (!is_complex<W> || is_complex<T>)) static_cast<T*>(p)[i] = convert<T>(value);
    });
}

inline bool complex_type(DataType type) { return type == DataType::c32f || type == DataType::c64f; }

}  // namespace hw
