// Included in front of every unit of a CUDA original: what nvcc gives a program and clang does not.
#pragma once

#ifdef __cplusplus

// Device forms of new and delete: where the standard library came first, clang's wrapper has left them out.
#include <new>

// Questions that nvcc's own traits answer about extended lambdas; clang's lambdas are ordinary closures on both sides.
// Defined behind clang's own wrapper: in front of it CUDA's headers would include <functional> before malloc is declared.
#define __CUDACC_EXTENDED_LAMBDA__ 1
#define __nv_is_extended_device_lambda_closure_type(T) false
#define __nv_is_extended_host_device_lambda_closure_type(T) false
#define __nv_is_extended_device_lambda_with_preserved_return_type(T) false

// One variable for both sides: the host's, which the rewritten device code refers to by name (see ir.py).
#undef __managed__
#ifdef __CUDA_ARCH__
#define __managed__ __device__ __attribute__((section("hw_managed")))
#else
#define __managed__
#endif

// nvcc has min and max of every two arithmetic types on the host too; clang's wrapper keeps them for the device.
#define HW_PAIR(result, left, right)                                                                                    \
    static inline __host__ result min(const left a, const right b) {                                                    \
        return result(a) < result(b) ? result(a) : result(b);                                                           \
    }                                                                                                                   \
    static inline __host__ result max(const left a, const right b) {                                                    \
        return result(a) > result(b) ? result(a) : result(b);                                                           \
    }
#define HW_INTEGERS(plain, positive)                                                                                    \
    HW_PAIR(plain, plain, plain)                                                                                        \
    HW_PAIR(positive, positive, positive)                                                                               \
    HW_PAIR(positive, plain, positive)                                                                                  \
    HW_PAIR(positive, positive, plain)
#define HW_REALS(result, left, right, suffix)                                                                           \
    static inline __host__ result min(const left a, const right b) { return __builtin_fmin##suffix(a, b); }             \
    static inline __host__ result max(const left a, const right b) { return __builtin_fmax##suffix(a, b); }
typedef unsigned long long hw_ulonglong;
typedef long long hw_longlong;
typedef unsigned long hw_ulong;
typedef unsigned int hw_uint;
HW_INTEGERS(int, hw_uint)
HW_INTEGERS(long, hw_ulong)
HW_INTEGERS(hw_longlong, hw_ulonglong)
HW_REALS(float, float, float, f)
HW_REALS(double, double, double, )
HW_REALS(double, float, double, )
HW_REALS(double, double, float, )
#undef HW_REALS
#undef HW_INTEGERS
#undef HW_PAIR

// Declared by clang's wrapper, defined nowhere.
static __device__ inline float nanf(const char*) { return __builtin_nanf(""); }
static __device__ inline double nan(const char*) { return __builtin_nan(""); }

// Loads and stores with a cache hint that clang's wrapper lacks. Memory is coherent here, so that hints change nothing.
#define HW_LOAD(name)                                                                                                   \
    template <class T>                                                                                                  \
    static inline __device__ T name(const T* p) {                                                                       \
        return *p;                                                                                                      \
    }
#define HW_STORE(name)                                                                                                  \
    template <class T>                                                                                                  \
    struct name##_value {                                                                                               \
        using type = T;                                                                                                 \
    };                                                                                                                  \
    template <class T>                                                                                                  \
    static inline __device__ void name(T* p, typename name##_value<T>::type value) {                                    \
        *p = value;                                                                                                     \
    }
HW_LOAD(__ldca)
HW_LOAD(__ldlu)
HW_STORE(__stcs)
HW_STORE(__stcg)
HW_STORE(__stwb)
#undef HW_LOAD
#undef HW_STORE

#endif
