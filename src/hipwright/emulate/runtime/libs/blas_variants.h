// The BLAS functions that exist for one array, for a batch of pointers and for a batch at a stride, in one variant.
//
// blas_spelling.h includes this file once per variant. It defines FN (a function's name in this library and variant),
// Index, IN and OUT (an array argument with what follows it), AT (that argument as a Batch), COUNT and N (the number
// of batches as an argument, and its value), BLAS_EVERY: whether this variant exists for every function, and BLAS_TRSM.
#define NATIVE(T) hw::Native<T>
#define RET(expression) { return status(expression); }

#define GEMM(X, T)                                                                                                    \
    Status FN(X##gemm)(Handle h, Operation ta, Operation tb, Index m, Index n, Index k, const T* alpha,               \
                       IN(T, a, Index lda), IN(T, b, Index ldb), const T* beta, OUT(T, c, Index ldc) COUNT)           \
    RET(blas::gemm<NATIVE(T)>(state(h), op(ta), op(tb), m, n, k, native(alpha), AT(a), lda, AT(b), ldb, native(beta), AT(c), ldc, N))
#undef STRIDE
#define STRIDE GemmStride
GEMM(H, HalfType) GEMM(S, float) GEMM(D, double) GEMM(C, Complex) GEMM(Z, DoubleComplex)
#undef STRIDE
#define STRIDE Stride

#define GEMV(X, T)                                                                                                    \
    Status FN(X##gemv)(Handle h, Operation ta, Index m, Index n, const T* alpha, IN(T, a, Index lda),                 \
                       IN(T, x, Index incx), const T* beta, OUT(T, y, Index incy) COUNT)                              \
    RET(blas::gemv<NATIVE(T)>(state(h), op(ta), m, n, native(alpha), AT(a), lda, AT(x), incx, native(beta), AT(y), incy, N))
GEMV(S, float) GEMV(D, double) GEMV(C, Complex) GEMV(Z, DoubleComplex)

#define TRSM(X, T)                                                                                                    \
    Status FN(X##trsm)(Handle h, SideMode s, FillMode f, Operation ta, DiagType d, Index m, Index n, const T* alpha,  \
                       IN(T, a, Index lda), OUT(T, b, Index ldb) COUNT)                                               \
    RET(blas::trsm<NATIVE(T)>(state(h), side(s), fill(f), op(ta), diag(d), m, n, native(alpha), AT(a), lda, AT(b), ldb, N))
#if BLAS_TRSM
TRSM(S, float) TRSM(D, double) TRSM(C, Complex) TRSM(Z, DoubleComplex)
#endif

#if BLAS_EVERY
#define REAL_AND_COMPLEX(M) M(S, float) M(D, double) M(C, Complex) M(Z, DoubleComplex)

#define AXPY(X, T)                                                                                                    \
    Status FN(X##axpy)(Handle h, Index n, const T* alpha, IN(T, x, Index incx), OUT(T, y, Index incy) COUNT)          \
    RET(blas::axpy<NATIVE(T)>(state(h), n, native(alpha), AT(x), incx, AT(y), incy, N))
REAL_AND_COMPLEX(AXPY)
#define COPY(X, T)                                                                                                    \
    Status FN(X##copy)(Handle h, Index n, IN(T, x, Index incx), OUT(T, y, Index incy) COUNT)                          \
    RET(blas::copy<NATIVE(T)>(state(h), n, AT(x), incx, AT(y), incy, N))
REAL_AND_COMPLEX(COPY)
#define SWAP(X, T)                                                                                                    \
    Status FN(X##swap)(Handle h, Index n, OUT(T, x, Index incx), OUT(T, y, Index incy) COUNT)                         \
    RET(blas::swap<NATIVE(T)>(state(h), n, AT(x), incx, AT(y), incy, N))
REAL_AND_COMPLEX(SWAP)
#define SCAL(X, T, S)                                                                                                 \
    Status FN(X##scal)(Handle h, Index n, const S* alpha, OUT(T, x, Index incx) COUNT)                                \
    RET((blas::scal<NATIVE(T), NATIVE(S)>(state(h), n, native(alpha), AT(x), incx, N)))
SCAL(S, float, float) SCAL(D, double, double) SCAL(C, Complex, Complex) SCAL(Z, DoubleComplex, DoubleComplex)
SCAL(Cs, Complex, float) SCAL(Zd, DoubleComplex, double)
#define DOT(X, T, conjugated)                                                                                         \
    Status FN(X)(Handle h, Index n, IN(T, x, Index incx), IN(T, y, Index incy) COUNT, T* result)                      \
    RET(blas::dot<NATIVE(T)>(state(h), conjugated, n, AT(x), incx, AT(y), incy, N, native(result)))
DOT(Sdot, float, false) DOT(Ddot, double, false) DOT(Cdotu, Complex, false) DOT(Zdotu, DoubleComplex, false)
DOT(Cdotc, Complex, true) DOT(Zdotc, DoubleComplex, true)
#define NORM(name, T, R, function)                                                                                    \
    Status FN(name)(Handle h, Index n, IN(T, x, Index incx) COUNT, R* result)                                         \
    RET(blas::function<NATIVE(T)>(state(h), n, AT(x), incx, N, result))
NORM(Sasum, float, float, asum) NORM(Dasum, double, double, asum)
NORM(Scasum, Complex, float, asum) NORM(Dzasum, DoubleComplex, double, asum)
NORM(Snrm2, float, float, nrm2) NORM(Dnrm2, double, double, nrm2)
NORM(Scnrm2, Complex, float, nrm2) NORM(Dznrm2, DoubleComplex, double, nrm2)
#define EXTREME(name, T, largest)                                                                                     \
    Status FN(name)(Handle h, Index n, IN(T, x, Index incx) COUNT, Index* result)                                     \
    RET((blas::extreme<NATIVE(T), Index>(state(h), largest, n, AT(x), incx, N, result)))
EXTREME(Isamax, float, true) EXTREME(Idamax, double, true) EXTREME(Icamax, Complex, true) EXTREME(Izamax, DoubleComplex, true)
EXTREME(Isamin, float, false) EXTREME(Idamin, double, false) EXTREME(Icamin, Complex, false) EXTREME(Izamin, DoubleComplex, false)
#define ROT(name, T, C, S)                                                                                            \
    Status FN(name)(Handle h, Index n, OUT(T, x, Index incx), OUT(T, y, Index incy), const C* c, const S* s COUNT)    \
    RET((blas::rot<NATIVE(T), C, NATIVE(S)>(state(h), n, AT(x), incx, AT(y), incy, c, native(s), N)))
ROT(Srot, float, float, float) ROT(Drot, double, double, double) ROT(Crot, Complex, float, Complex)
ROT(Zrot, DoubleComplex, double, DoubleComplex) ROT(Csrot, Complex, float, float) ROT(Zdrot, DoubleComplex, double, double)

#define GER(name, T, conjugated)                                                                                      \
    Status FN(name)(Handle h, Index m, Index n, const T* alpha, IN(T, x, Index incx), IN(T, y, Index incy),           \
                    OUT(T, a, Index lda) COUNT)                                                                       \
    RET(blas::ger<NATIVE(T)>(state(h), conjugated, m, n, native(alpha), AT(x), incx, AT(y), incy, AT(a), lda, N))
GER(Sger, float, false) GER(Dger, double, false) GER(Cgeru, Complex, false) GER(Zgeru, DoubleComplex, false)
GER(Cgerc, Complex, true) GER(Zgerc, DoubleComplex, true)
#define SYMV(name, T, hermitian)                                                                                      \
    Status FN(name)(Handle h, FillMode f, Index n, const T* alpha, IN(T, a, Index lda), IN(T, x, Index incx),         \
                    const T* beta, OUT(T, y, Index incy) COUNT)                                                       \
    RET(blas::symv<NATIVE(T)>(state(h), hermitian, fill(f), n, native(alpha), AT(a), lda, AT(x), incx, native(beta), AT(y), incy, N))
SYMV(Ssymv, float, false) SYMV(Dsymv, double, false) SYMV(Csymv, Complex, false) SYMV(Zsymv, DoubleComplex, false)
SYMV(Chemv, Complex, true) SYMV(Zhemv, DoubleComplex, true)
#define SYR(name, T, S, hermitian)                                                                                    \
    Status FN(name)(Handle h, FillMode f, Index n, const S* alpha, IN(T, x, Index incx), OUT(T, a, Index lda) COUNT)  \
    RET((blas::rank_update<NATIVE(T), NATIVE(S)>(state(h), hermitian, fill(f), n, native(alpha), AT(x), incx, {}, 1, AT(a), lda, N)))
SYR(Ssyr, float, float, false) SYR(Dsyr, double, double, false) SYR(Csyr, Complex, Complex, false)
SYR(Zsyr, DoubleComplex, DoubleComplex, false) SYR(Cher, Complex, float, true) SYR(Zher, DoubleComplex, double, true)
#define SYR2(name, T, hermitian)                                                                                      \
    Status FN(name)(Handle h, FillMode f, Index n, const T* alpha, IN(T, x, Index incx), IN(T, y, Index incy),        \
                    OUT(T, a, Index lda) COUNT)                                                                       \
    RET((blas::rank_update<NATIVE(T), NATIVE(T)>(state(h), hermitian, fill(f), n, native(alpha), AT(x), incx, AT(y), incy, AT(a), lda, N)))
SYR2(Ssyr2, float, false) SYR2(Dsyr2, double, false) SYR2(Csyr2, Complex, false) SYR2(Zsyr2, DoubleComplex, false)
SYR2(Cher2, Complex, true) SYR2(Zher2, DoubleComplex, true)
#define TRXV(name, T, solve)                                                                                          \
    Status FN(name)(Handle h, FillMode f, Operation ta, DiagType d, Index n, IN(T, a, Index lda), OUT(T, x, Index incx) COUNT) \
    RET(blas::triangle_vector<NATIVE(T)>(state(h), solve, fill(f), op(ta), diag(d), n, AT(a), lda, AT(x), incx, N))
TRXV(Strmv, float, false) TRXV(Dtrmv, double, false) TRXV(Ctrmv, Complex, false) TRXV(Ztrmv, DoubleComplex, false)
TRXV(Strsv, float, true) TRXV(Dtrsv, double, true) TRXV(Ctrsv, Complex, true) TRXV(Ztrsv, DoubleComplex, true)

#define SYMM(name, T, hermitian)                                                                                      \
    Status FN(name)(Handle h, SideMode s, FillMode f, Index m, Index n, const T* alpha, IN(T, a, Index lda),          \
                    IN(T, b, Index ldb), const T* beta, OUT(T, c, Index ldc) COUNT)                                   \
    RET(blas::symm<NATIVE(T)>(state(h), hermitian, side(s), fill(f), m, n, native(alpha), AT(a), lda, AT(b), ldb, native(beta), AT(c), ldc, N))
SYMM(Ssymm, float, false) SYMM(Dsymm, double, false) SYMM(Csymm, Complex, false) SYMM(Zsymm, DoubleComplex, false)
SYMM(Chemm, Complex, true) SYMM(Zhemm, DoubleComplex, true)
#define SYRK(name, T, S, hermitian)                                                                                   \
    Status FN(name)(Handle h, FillMode f, Operation ta, Index n, Index k, const S* alpha, IN(T, a, Index lda),        \
                    const S* beta, OUT(T, c, Index ldc) COUNT)                                                        \
    RET((blas::rank_k<NATIVE(T), NATIVE(S)>(state(h), blas::RankK::one, hermitian, fill(f), op(ta), n, k, nullptr, native(alpha), \
                                            AT(a), lda, AT(a), lda, native(beta), AT(c), ldc, N)))
SYRK(Ssyrk, float, float, false) SYRK(Dsyrk, double, double, false) SYRK(Csyrk, Complex, Complex, false)
SYRK(Zsyrk, DoubleComplex, DoubleComplex, false) SYRK(Cherk, Complex, float, true) SYRK(Zherk, DoubleComplex, double, true)
#define SYR2K(name, T, S, hermitian, kind)                                                                            \
    Status FN(name)(Handle h, FillMode f, Operation ta, Index n, Index k, const T* alpha, IN(T, a, Index lda),        \
                    IN(T, b, Index ldb), const S* beta, OUT(T, c, Index ldc) COUNT)                                   \
    RET((blas::rank_k<NATIVE(T), NATIVE(S)>(state(h), blas::RankK::kind, hermitian, fill(f), op(ta), n, k, native(alpha), nullptr, \
                                            AT(a), lda, AT(b), ldb, native(beta), AT(c), ldc, N)))
SYR2K(Ssyr2k, float, float, false, both) SYR2K(Dsyr2k, double, double, false, both) SYR2K(Csyr2k, Complex, Complex, false, both)
SYR2K(Zsyr2k, DoubleComplex, DoubleComplex, false, both) SYR2K(Cher2k, Complex, float, true, both)
SYR2K(Zher2k, DoubleComplex, double, true, both)
SYR2K(Ssyrkx, float, float, false, pair) SYR2K(Dsyrkx, double, double, false, pair) SYR2K(Csyrkx, Complex, Complex, false, pair)
SYR2K(Zsyrkx, DoubleComplex, DoubleComplex, false, pair) SYR2K(Cherkx, Complex, float, true, pair)
SYR2K(Zherkx, DoubleComplex, double, true, pair)
#define TRMM(X, T)                                                                                                    \
    Status FN(X##trmm)(Handle h, SideMode s, FillMode f, Operation ta, DiagType d, Index m, Index n, const T* alpha,  \
                       IN(T, a, Index lda), IN(T, b, Index ldb), OUT(T, c, Index ldc) COUNT)                          \
    RET(blas::trmm<NATIVE(T)>(state(h), side(s), fill(f), op(ta), diag(d), m, n, native(alpha), AT(a), lda, AT(b), ldb, AT(c), ldc, N))
REAL_AND_COMPLEX(TRMM)
#define GEAM(X, T)                                                                                                    \
    Status FN(X##geam)(Handle h, Operation ta, Operation tb, Index m, Index n, const T* alpha, IN(T, a, Index lda),   \
                       const T* beta, IN(T, b, Index ldb), OUT(T, c, Index ldc) COUNT)                                \
    RET(blas::geam<NATIVE(T)>(state(h), op(ta), op(tb), m, n, native(alpha), AT(a), lda, native(beta), AT(b), ldb, AT(c), ldc, N))
REAL_AND_COMPLEX(GEAM)
#define DGMM(X, T)                                                                                                    \
    Status FN(X##dgmm)(Handle h, SideMode s, Index m, Index n, IN(T, a, Index lda), IN(T, x, Index incx),             \
                       OUT(T, c, Index ldc) COUNT)                                                                    \
    RET(blas::dgmm<NATIVE(T)>(state(h), side(s), m, n, AT(a), lda, AT(x), incx, AT(c), ldc, N))
REAL_AND_COMPLEX(DGMM)

#undef REAL_AND_COMPLEX
#undef AXPY
#undef COPY
#undef SWAP
#undef SCAL
#undef DOT
#undef NORM
#undef EXTREME
#undef ROT
#undef GER
#undef SYMV
#undef SYR
#undef SYR2
#undef TRXV
#undef SYMM
#undef SYRK
#undef SYR2K
#undef TRMM
#undef GEAM
#undef DGMM
#endif
#undef GEMM
#undef GEMV
#undef TRSM
#undef NATIVE
#undef RET
