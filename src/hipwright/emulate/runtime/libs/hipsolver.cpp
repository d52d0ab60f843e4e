// hipSOLVER over solver_core: names, enumerators and types of hipsolver.h.
#include <hip/hip_runtime_api.h>
#include <hipsolver/hipsolver.h>

#include "blas_native.h"
#include "solver_core.h"

namespace hw {
template <> struct NativeOf<hipFloatComplex> { using type = ComplexF; };
template <> struct NativeOf<hipDoubleComplex> { using type = ComplexD; };
}  // namespace hw

using Status = hipsolverStatus_t;
using Handle = hipsolverHandle_t;
using Stream = hipStream_t;
using Operation = hipsolverOperation_t;
using FillMode = hipsolverFillMode_t;
using SideMode = hipsolverSideMode_t;
using EigMode = hipsolverEigMode_t;
using GesvdjInfo = hipsolverGesvdjInfo_t;
using SyevjInfo = hipsolverSyevjInfo_t;
using Complex = hipFloatComplex;
using DoubleComplex = hipDoubleComplex;

static Status status(hw::solver::Status s) {
    switch (s) {
    case hw::solver::Status::ok: return HIPSOLVER_STATUS_SUCCESS;
    case hw::solver::Status::not_initialized: return HIPSOLVER_STATUS_NOT_INITIALIZED;
    case hw::solver::Status::not_supported: return HIPSOLVER_STATUS_NOT_SUPPORTED;
    default: return HIPSOLVER_STATUS_INVALID_VALUE;
    }
}
static hw::blas::Op op(Operation o) {
    using hw::blas::Op;
    return o == HIPSOLVER_OP_N ? Op::n : o == HIPSOLVER_OP_T ? Op::t : o == HIPSOLVER_OP_C ? Op::c : Op::invalid;
}
static hw::blas::Fill fill(FillMode f) {
    using hw::blas::Fill;
    return f == HIPSOLVER_FILL_MODE_LOWER ? Fill::lower : f == HIPSOLVER_FILL_MODE_UPPER ? Fill::upper : Fill::invalid;
}
static hw::blas::Side side(SideMode s) {
    using hw::blas::Side;
    return s == HIPSOLVER_SIDE_LEFT ? Side::left : s == HIPSOLVER_SIDE_RIGHT ? Side::right : Side::invalid;
}

#define DN(x) hipsolverDn##x
#define TALL_ONLY 0
#include "solver_spelling.h"

// hipSOLVER's own names, where a workspace is asked for at every call, as a port by hand uses them.
extern "C" {
Status hipsolverCreate(Handle* handle) { return hipsolverDnCreate(handle); }
Status hipsolverDestroy(Handle handle) { return hipsolverDnDestroy(handle); }
Status hipsolverSetStream(Handle handle, Stream stream) { return hipsolverDnSetStream(handle, stream); }
Status hipsolverGetStream(Handle handle, Stream* stream) { return hipsolverDnGetStream(handle, stream); }

#define OWN_NAMES(X, T, orgqr_, syevd_, R)                                                                                       \
    Status hipsolver##X##getrf_bufferSize(Handle h, int m, int n, T* a, int lda, int* size) {                                    \
        return hipsolverDn##X##getrf_bufferSize(h, m, n, a, lda, size);                                                          \
    }                                                                                                                            \
    Status hipsolver##X##getrf(Handle h, int m, int n, T* a, int lda, T* work, int room, int* pivots, int* info) {               \
        ROOM(int64_t(m) * n);                                                                                                    \
        return hipsolverDn##X##getrf(h, m, n, a, lda, work, pivots, info);                                                       \
    }                                                                                                                            \
    Status hipsolver##X##getrs_bufferSize(Handle, Operation, int n, int columns, T*, int, int*, T*, int, int* size) {            \
        return tell(size, int64_t(n) * columns);                                                                                 \
    }                                                                                                                            \
    Status hipsolver##X##getrs(Handle h, Operation o, int n, int columns, T* a, int lda, int* pivots, T* b, int ldb, T* work,    \
                               int room, int* info) {                                                                            \
        ROOM(int64_t(n) * columns);                                                                                              \
        return hipsolverDn##X##getrs(h, o, n, columns, a, lda, pivots, b, ldb, info);                                            \
    }                                                                                                                            \
    Status hipsolver##X##potrf_bufferSize(Handle h, FillMode f, int n, T* a, int lda, int* size) {                               \
        return hipsolverDn##X##potrf_bufferSize(h, f, n, a, lda, size);                                                          \
    }                                                                                                                            \
    Status hipsolver##X##potrf(Handle h, FillMode f, int n, T* a, int lda, T* work, int room, int* info) {                       \
        return hipsolverDn##X##potrf(h, f, n, a, lda, work, room, info);                                                         \
    }                                                                                                                            \
    Status hipsolver##X##potrs_bufferSize(Handle, FillMode, int n, int columns, T*, int, T*, int, int* size) {                   \
        return tell(size, int64_t(n) * columns);                                                                                 \
    }                                                                                                                            \
    Status hipsolver##X##potrs(Handle h, FillMode f, int n, int columns, T* a, int lda, T* b, int ldb, T* work, int room, int* info) { \
        ROOM(int64_t(n) * columns);                                                                                              \
        return hipsolverDn##X##potrs(h, f, n, columns, a, lda, b, ldb, info);                                                    \
    }                                                                                                                            \
    Status hipsolver##X##geqrf_bufferSize(Handle h, int m, int n, T* a, int lda, int* size) {                                    \
        return hipsolverDn##X##geqrf_bufferSize(h, m, n, a, lda, size);                                                          \
    }                                                                                                                            \
    Status hipsolver##X##geqrf(Handle h, int m, int n, T* a, int lda, T* taus, T* work, int room, int* info) {                   \
        return hipsolverDn##X##geqrf(h, m, n, a, lda, taus, work, room, info);                                                   \
    }                                                                                                                            \
    Status hipsolver##orgqr_##_bufferSize(Handle h, int m, int n, int k, T* a, int lda, T* taus, int* size) {                    \
        return hipsolverDn##orgqr_##_bufferSize(h, m, n, k, a, lda, taus, size);                                                 \
    }                                                                                                                            \
    Status hipsolver##orgqr_(Handle h, int m, int n, int k, T* a, int lda, T* taus, T* work, int room, int* info) {              \
        return hipsolverDn##orgqr_(h, m, n, k, a, lda, taus, work, room, info);                                                  \
    }                                                                                                                            \
    Status hipsolver##syevd_##_bufferSize(Handle h, EigMode mode, FillMode f, int n, T* a, int lda, R* values, int* size) {      \
        return hipsolverDn##syevd_##_bufferSize(h, mode, f, n, a, lda, values, size);                                            \
    }                                                                                                                            \
    Status hipsolver##syevd_(Handle h, EigMode mode, FillMode f, int n, T* a, int lda, R* values, T* work, int room, int* info) { \
        return hipsolverDn##syevd_(h, mode, f, n, a, lda, values, work, room, info);                                             \
    }
OWN_NAMES(S, float, Sorgqr, Ssyevd, float) OWN_NAMES(D, double, Dorgqr, Dsyevd, double)
OWN_NAMES(C, Complex, Cungqr, Cheevd, float) OWN_NAMES(Z, DoubleComplex, Zungqr, Zheevd, double)
#undef OWN_NAMES
}  // extern "C"
