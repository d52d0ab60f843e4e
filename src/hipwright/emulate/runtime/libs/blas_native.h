// From the vendor headers' number types to ours, and from pointers to batches.
#pragma once

#include "blas_ex.h"
#include "blas_lu.h"

namespace hw {

template <class T> struct NativeOf { using type = T; };     // specialised for each library's complex and half types
template <class T> using Native = typename NativeOf<T>::type;

template <class T> const Native<T>* native(const T* p) { return reinterpret_cast<const Native<T>*>(p); }
template <class T> Native<T>* native(T* p) { return reinterpret_cast<Native<T>*>(p); }

template <class T> blas::Batch<const Native<T>> batch(const T* p, int64_t stride = 0) { return {native(p), nullptr, stride}; }
template <class T> blas::Batch<Native<T>> batch(T* p, int64_t stride = 0) { return {native(p), nullptr, stride}; }
template <class T> blas::Batch<const Native<T>> batch(const T* const* p) {
    return {nullptr, reinterpret_cast<const Native<T>* const*>(p), 0};
}
template <class T> blas::Batch<Native<T>> batch(T* const* p) { return {nullptr, reinterpret_cast<Native<T>* const*>(p), 0}; }
template <class T> blas::Batch<const Native<T>> read_only(const T* const* p) { return batch(p); }

}  // namespace hw
