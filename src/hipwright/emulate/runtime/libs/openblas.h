// OpenBLAS's Fortran interface, when the build found it (HW_OPENBLAS; the wheel prefixes its symbols with `scipy_`).
//
// One thread: results then do not depend on the number of cores, and both sides of a comparison sum in one order.
#pragma once

#include "numbers.h"

#include <limits>

#ifdef HW_OPENBLAS
#ifndef HW_OPENBLAS_SYMBOL
#define HW_OPENBLAS_SYMBOL(name) scipy_##name
#endif
extern "C" {
void HW_OPENBLAS_SYMBOL(openblas_set_num_threads)(int);
#define HW_DECLARE(letter, T)                                                                                        \
    void HW_OPENBLAS_SYMBOL(letter##gemm_)(const char*, const char*, const int*, const int*, const int*, const T*,   \
                                           const T*, const int*, const T*, const int*, const T*, T*, const int*,     \
                                           size_t, size_t);
HW_DECLARE(s, float) HW_DECLARE(d, double) HW_DECLARE(c, hw::ComplexF) HW_DECLARE(z, hw::ComplexD)
#undef HW_DECLARE
}

namespace hw::openblas {
#define HW_GEMM(letter, T)                                                                                           \
    inline void gemm(char ta, char tb, int m, int n, int k, T alpha, const T* a, int lda, const T* b, int ldb,       \
                     T beta, T* c, int ldc) {                                                                        \
        HW_OPENBLAS_SYMBOL(letter##gemm_)(&ta, &tb, &m, &n, &k, &alpha, a, &lda, b, &ldb, &beta, c, &ldc, 1, 1);     \
    }
HW_GEMM(s, float) HW_GEMM(d, double) HW_GEMM(c, ComplexF) HW_GEMM(z, ComplexD)
#undef HW_GEMM
}  // namespace hw::openblas
#endif

namespace hw::openblas {
inline void start() {
#ifdef HW_OPENBLAS
    HW_OPENBLAS_SYMBOL(openblas_set_num_threads)(1);
#endif
}
template <class... Sizes> bool fits(Sizes... sizes) { return ((sizes <= std::numeric_limits<int>::max()) && ...); }
}  // namespace hw::openblas
