// The BLAS functions in one library's spelling; hipblas.cpp and cublas.cpp define the names and types and include this.
//
// They define: NAME(x) and WIDE(x) (the functions for int and for int64_t sizes), the types Status, Handle, Operation,
// FillMode, SideMode, DiagType, Complex, DoubleComplex, HalfType, Stride, GemmStride, and BATCHES_OF_EVERYTHING.
// The function declarations of the vendor's header check every signature.

extern "C" {

#define IN(T, a, after) const T* a, after
#define OUT(T, a, after) T* a, after
#define AT(a) batch(a)
#define COUNT
#define N 1
#define BLAS_EVERY 1
#define BLAS_TRSM 1
#define Index int
#define FN(x) NAME(x)
#include "blas_variants.h"
#undef Index
#undef FN
#define Index int64_t
#define FN(x) WIDE(x)
#include "blas_variants.h"
#undef Index
#undef FN
#undef IN
#undef OUT
#undef AT
#undef COUNT
#undef N
#undef BLAS_EVERY

#define IN(T, a, after) const T* const a[], after
#define OUT(T, a, after) T* const a[], after
#define AT(a) batch(a)
#define N count
#define BLAS_EVERY BATCHES_OF_EVERYTHING
#define COUNT , int count
#define Index int
#define FN(x) NAME(x##Batched)
#include "blas_variants.h"
#undef COUNT
#undef Index
#undef FN
#define COUNT , int64_t count
#define Index int64_t
#define FN(x) WIDE(x##Batched)
#include "blas_variants.h"
#undef COUNT
#undef Index
#undef FN
#undef IN
#undef OUT
#undef AT
#undef BLAS_TRSM

#define BLAS_TRSM BATCHES_OF_EVERYTHING
#define IN(T, a, after) const T* a, after, STRIDE stride_##a
#define OUT(T, a, after) T* a, after, STRIDE stride_##a
#define AT(a) batch(a, stride_##a)
#define COUNT , int count
#define Index int
#define FN(x) NAME(x##StridedBatched)
#include "blas_variants.h"
#undef COUNT
#undef Index
#undef FN
#define COUNT , int64_t count
#define Index int64_t
#define FN(x) WIDE(x##StridedBatched)
#include "blas_variants.h"
#undef COUNT
#undef Index
#undef FN
#undef IN
#undef OUT
#undef AT
#undef N
#undef BLAS_EVERY

// -- without batches ------------------------------------------------------------------------------------------------

#define ROTG(X, T, R) \
    Status NAME(X##rotg)(Handle h, T* a, T* b, R* c, T* s) { return status(blas::rotg(state(h), native(a), native(b), c, native(s))); }
ROTG(S, float, float) ROTG(D, double, double) ROTG(C, Complex, float) ROTG(Z, DoubleComplex, double)
#define ROTM(X, T) \
    Status NAME(X##rotm)(Handle h, int n, T* x, int incx, T* y, int incy, const T* param) { \
        return status(blas::rotm(state(h), n, x, incx, y, incy, param)); \
    }
ROTM(S, float) ROTM(D, double)

// -- copies between host and device: both are host memory here ----------------------------------------------------------

static Status copy_matrix(void* stream, int64_t rows, int64_t columns, int64_t bytes, const void* a, int64_t lda, void* b,
                          int64_t ldb) {
    if (rows < 0 || columns < 0 || bytes <= 0 || lda <= 0 || ldb <= 0) return status(blas::Status::invalid_value);
    if (rows == 0 || columns == 0) return status(blas::Status::ok);
    if (!a || !b) return status(blas::Status::invalid_value);
    hw::enqueue(stream, [=] {
        for (int64_t j = 0; j < columns; ++j)
            std::memmove(static_cast<char*>(b) + j * ldb * bytes, static_cast<const char*>(a) + j * lda * bytes, size_t(rows * bytes));
    });
    return status(blas::Status::ok);
}
// A vector with an increment is a row of a matrix.
#define COPIES(way)                                                                                                      \
    Status NAME(way##Vector)(int n, int bytes, const void* x, int incx, void* y, int incy) {                             \
        return copy_matrix(nullptr, 1, n, bytes, x, incx, y, incy);                                                      \
    }                                                                                                                    \
    Status NAME(way##VectorAsync)(int n, int bytes, const void* x, int incx, void* y, int incy, Stream stream) {         \
        return copy_matrix(stream, 1, n, bytes, x, incx, y, incy);                                                       \
    }                                                                                                                    \
    Status NAME(way##Matrix)(int rows, int columns, int bytes, const void* a, int lda, void* b, int ldb) {               \
        return lda < rows || ldb < rows ? status(blas::Status::invalid_value)                                            \
                                        : copy_matrix(nullptr, rows, columns, bytes, a, lda, b, ldb);                    \
    }                                                                                                                    \
    Status NAME(way##MatrixAsync)(int rows, int columns, int bytes, const void* a, int lda, void* b, int ldb, Stream stream) { \
        return lda < rows || ldb < rows ? status(blas::Status::invalid_value)                                            \
                                        : copy_matrix(stream, rows, columns, bytes, a, lda, b, ldb);                     \
    }
COPIES(Set) COPIES(Get)
#undef COPIES

// -- run-time types --------------------------------------------------------------------------------------------------

#define GEMM_EX(FN, Index)                                                                                               \
    Status FN(GemmEx)(Handle h, Operation ta, Operation tb, Index m, Index n, Index k, const void* alpha, const void* a,  \
                      DataTypeEnum at, Index lda, const void* b, DataTypeEnum bt, Index ldb, const void* beta, void* c,  \
                      DataTypeEnum ct, Index ldc, ComputeType how, GemmAlgo) {                                           \
        return status(blas::gemm_ex(state(h), op(ta), op(tb), m, n, k, alpha, {{a}, type(at), lda}, {{b}, type(bt), ldb}, \
                                    beta, {{c}, type(ct), ldc}, 1, compute(how)));                                       \
    }                                                                                                                    \
    Status FN(GemmBatchedEx)(Handle h, Operation ta, Operation tb, Index m, Index n, Index k, const void* alpha,         \
                             POINTERS_IN(a), DataTypeEnum at, Index lda, POINTERS_IN(b), DataTypeEnum bt, Index ldb,     \
                             const void* beta, POINTERS_OUT(c), DataTypeEnum ct, Index ldc, Index count,                 \
                             ComputeType how, GemmAlgo) {                                                                \
        return status(blas::gemm_ex(state(h), op(ta), op(tb), m, n, k, alpha, {{nullptr, a}, type(at), lda},             \
                                    {{nullptr, b}, type(bt), ldb}, beta, {{nullptr, c}, type(ct), ldc}, count, compute(how))); \
    }                                                                                                                    \
    Status FN(GemmStridedBatchedEx)(Handle h, Operation ta, Operation tb, Index m, Index n, Index k, const void* alpha,  \
                                    const void* a, DataTypeEnum at, Index lda, Stride sa, const void* b, DataTypeEnum bt, \
                                    Index ldb, Stride sb, const void* beta, void* c, DataTypeEnum ct, Index ldc,         \
                                    Stride sc, Index count, ComputeType how, GemmAlgo) {                                 \
        return status(blas::gemm_ex(state(h), op(ta), op(tb), m, n, k, alpha, {{a, nullptr, sa}, type(at), lda},         \
                                    {{b, nullptr, sb}, type(bt), ldb}, beta, {{c, nullptr, sc}, type(ct), ldc}, count,   \
                                    compute(how)));                                                                      \
    }
GEMM_EX(NAME, int)
GEMM_EX(WIDE, int64_t)

#define VECTORS_EX(FN, Index)                                                                                            \
    Status FN(AxpyEx)(Handle h, Index n, const void* alpha, DataTypeEnum alpha_type, const void* x, DataTypeEnum xt,     \
                      Index incx, void* y, DataTypeEnum yt, Index incy, DataTypeEnum execution) {                        \
        return status(blas::axpy_ex(state(h), n, alpha, type(alpha_type), {{x}, type(xt), incx}, {{y}, type(yt), incy}, 1, \
                                    type(execution)));                                                                   \
    }                                                                                                                    \
    Status FN(ScalEx)(Handle h, Index n, const void* alpha, DataTypeEnum alpha_type, void* x, DataTypeEnum xt, Index incx, \
                      DataTypeEnum execution) {                                                                          \
        return status(blas::scal_ex(state(h), n, alpha, type(alpha_type), {{x}, type(xt), incx}, 1, type(execution)));   \
    }                                                                                                                    \
    Status FN(DotEx)(Handle h, Index n, const void* x, DataTypeEnum xt, Index incx, const void* y, DataTypeEnum yt,      \
                     Index incy, void* result, DataTypeEnum rt, DataTypeEnum execution) {                                \
        return status(blas::dot_ex(state(h), false, n, {{x}, type(xt), incx}, {{y}, type(yt), incy}, 1, result, type(rt), type(execution))); \
    }                                                                                                                    \
    Status FN(DotcEx)(Handle h, Index n, const void* x, DataTypeEnum xt, Index incx, const void* y, DataTypeEnum yt,     \
                      Index incy, void* result, DataTypeEnum rt, DataTypeEnum execution) {                               \
        return status(blas::dot_ex(state(h), true, n, {{x}, type(xt), incx}, {{y}, type(yt), incy}, 1, result, type(rt), type(execution))); \
    }                                                                                                                    \
    Status FN(Nrm2Ex)(Handle h, Index n, const void* x, DataTypeEnum xt, Index incx, void* result, DataTypeEnum rt,      \
                      DataTypeEnum execution) {                                                                          \
        return status(blas::nrm2_ex(state(h), n, {{x}, type(xt), incx}, 1, result, type(rt), type(execution)));          \
    }
VECTORS_EX(NAME, int)
VECTORS_EX(WIDE, int64_t)

// -- batched LU ------------------------------------------------------------------------------------------------------

// Pivots lie one matrix after the other, n of them each.
#define LU(X, T)                                                                                                         \
    Status NAME(X##getrfBatched)(Handle h, int n, T* const a[], int lda, int* pivots, int* info, int count) {            \
        return status(blas::getrf<hw::Native<T>>(state(h), n, batch(a), lda, {pivots, nullptr, n}, info, count));        \
    }                                                                                                                    \
    Status NAME(X##getrsBatched)(Handle h, Operation ta, int n, int columns, LU_IN(T) a[], int lda, const int* pivots,   \
                                 T* const b[], int ldb, int* info, int count) {                                          \
        return status(blas::getrs<hw::Native<T>>(state(h), op(ta), n, columns, read_only(a), lda,                   \
                                                 {pivots, nullptr, n}, batch(b), ldb, info, count));                     \
    }                                                                                                                    \
    Status NAME(X##getriBatched)(Handle h, int n, LU_IN(T) a[], int lda, LU_PIVOTS pivots, T* const c[], int ldc,        \
                                 int* info, int count) {                                                                 \
        return status(blas::getri<hw::Native<T>>(state(h), n, read_only(a), lda, {pivots, nullptr, n}, batch(c),    \
                                                 ldc, info, count));                                                     \
    }
LU(S, float) LU(D, double) LU(C, Complex) LU(Z, DoubleComplex)
#undef LU

// -- handles ----------------------------------------------------------------------------------------------------------

#define SETTING(What, Type, member, Getter, Setter)                                                                      \
    Status NAME(Setter)(Handle h, Type value) {                                                                          \
        if (!h) return status(blas::Status::not_initialized);                                                            \
        state(h)->member = decltype(state(h)->member)(value);                                                            \
        return status(blas::Status::ok);                                                                                 \
    }                                                                                                                    \
    Status NAME(Getter)(Handle h, Type* value) {                                                                         \
        if (!h) return status(blas::Status::not_initialized);                                                            \
        if (!value) return status(blas::Status::invalid_value);                                                          \
        *value = Type(state(h)->member);                                                                                 \
        return status(blas::Status::ok);                                                                                 \
    }
SETTING(stream, Stream, stream, GetStream, SetStream)
SETTING(scalars, PointerMode, device_scalars, GetPointerMode, SetPointerMode)
SETTING(math, MathMode, math_mode, GetMathMode, SetMathMode)
SETTING(atomics, AtomicsMode, atomics_mode, GetAtomicsMode, SetAtomicsMode)
#undef SETTING

Status NAME(Create)(Handle* handle) {
    if (!handle) return status(blas::Status::handle_is_null);
    hw::openblas::start();
    *handle = reinterpret_cast<Handle>(new blas::State);
    return status(blas::Status::ok);
}
Status NAME(Destroy)(Handle handle) {
    if (!handle) return status(blas::Status::handle_is_null);
    delete state(handle);
    return status(blas::Status::ok);
}
Status NAME(SetWorkspace)(Handle h, void* workspace, size_t bytes) {   // kept, and not needed
    if (!h) return status(blas::Status::not_initialized);
    state(h)->workspace = workspace;
    state(h)->workspace_bytes = bytes;
    return status(blas::Status::ok);
}

}  // extern "C"
