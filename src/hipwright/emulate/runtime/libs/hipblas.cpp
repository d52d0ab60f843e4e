// hipBLAS over blas_core: names, enumerators and types of hipblas.h.
#include <hip/hip_runtime_api.h>
#include <hipblas/hipblas.h>

#include "blas_native.h"

namespace hw {
template <> struct NativeOf<hipComplex> { using type = ComplexF; };
template <> struct NativeOf<hipDoubleComplex> { using type = ComplexD; };
template <> struct NativeOf<hipblasHalf> { using type = Half; };
}  // namespace hw

using namespace hw;
using Status = hipblasStatus_t;
using Handle = hipblasHandle_t;
using Operation = hipblasOperation_t;
using FillMode = hipblasFillMode_t;
using SideMode = hipblasSideMode_t;
using DiagType = hipblasDiagType_t;
using PointerMode = hipblasPointerMode_t;
using MathMode = hipblasMath_t;
using AtomicsMode = hipblasAtomicsMode_t;
using ComputeType = hipblasComputeType_t;
using GemmAlgo = hipblasGemmAlgo_t;
using DataTypeEnum = hipDataType;
using Stream = hipStream_t;
using Complex = hipComplex;
using DoubleComplex = hipDoubleComplex;
using HalfType = hipblasHalf;
using Stride = hipblasStride;
using GemmStride = long long;

static blas::State* state(Handle h) { return static_cast<blas::State*>(h); }

static Status status(blas::Status s) {
    switch (s) {
    case blas::Status::ok: return HIPBLAS_STATUS_SUCCESS;
    case blas::Status::not_initialized: return HIPBLAS_STATUS_NOT_INITIALIZED;
    case blas::Status::handle_is_null: return HIPBLAS_STATUS_HANDLE_IS_NULLPTR;
    case blas::Status::invalid_value: return HIPBLAS_STATUS_INVALID_VALUE;
    case blas::Status::invalid_enum: return HIPBLAS_STATUS_INVALID_ENUM;
    case blas::Status::not_supported: return HIPBLAS_STATUS_NOT_SUPPORTED;
    default: return HIPBLAS_STATUS_EXECUTION_FAILED;
    }
}
static blas::Op op(Operation o) {
    return o == HIPBLAS_OP_N ? blas::Op::n : o == HIPBLAS_OP_T ? blas::Op::t : o == HIPBLAS_OP_C ? blas::Op::c : blas::Op::invalid;
}
static blas::Fill fill(FillMode f) {
    return f == HIPBLAS_FILL_MODE_LOWER ? blas::Fill::lower : f == HIPBLAS_FILL_MODE_UPPER ? blas::Fill::upper : blas::Fill::invalid;
}
static blas::Diag diag(DiagType d) {
    return d == HIPBLAS_DIAG_UNIT ? blas::Diag::unit : d == HIPBLAS_DIAG_NON_UNIT ? blas::Diag::non_unit : blas::Diag::invalid;
}
static blas::Side side(SideMode s) {
    return s == HIPBLAS_SIDE_LEFT ? blas::Side::left : s == HIPBLAS_SIDE_RIGHT ? blas::Side::right : blas::Side::invalid;
}
static DataType type(DataTypeEnum t) { return DataType(t); }
static blas::Compute compute(ComputeType c) {
    switch (c) {
    case HIPBLAS_COMPUTE_16F: return blas::Compute::half;
    case HIPBLAS_COMPUTE_16F_PEDANTIC: return blas::Compute::half_exact;
    case HIPBLAS_COMPUTE_32F:
    case HIPBLAS_COMPUTE_32F_PEDANTIC:
    case HIPBLAS_COMPUTE_32F_FAST_16F:
    case HIPBLAS_COMPUTE_32F_FAST_16BF:
    case HIPBLAS_COMPUTE_32F_FAST_TF32: return blas::Compute::single;
    case HIPBLAS_COMPUTE_64F:
    case HIPBLAS_COMPUTE_64F_PEDANTIC: return blas::Compute::twice;
    case HIPBLAS_COMPUTE_32I:
    case HIPBLAS_COMPUTE_32I_PEDANTIC: return blas::Compute::int32;
    default: return blas::Compute::invalid;
    }
}

#define NAME(x) hipblas##x
#define WIDE(x) hipblas##x##_64
#define BATCHES_OF_EVERYTHING 1
#define POINTERS_IN(a) const void* a[]
#define POINTERS_OUT(a) void* a[]
#define LU_IN(T) T* const
#define LU_PIVOTS int*
#include "blas_spelling.h"

extern "C" {

#define LU_ONE(X, T)                                                                                                     \
    Status hipblas##X##getrf(Handle h, int n, T* a, int lda, int* pivots, int* info) {                                   \
        return status(blas::getrf<Native<T>>(state(h), n, batch(a), lda, {pivots}, info, 1));                            \
    }                                                                                                                    \
    Status hipblas##X##getrs(Handle h, Operation ta, int n, int columns, T* a, int lda, const int* pivots, T* b, int ldb, \
                             int* info) {                                                                                \
        return status(blas::getrs<Native<T>>(state(h), op(ta), n, columns, batch(const_cast<const T*>(a)), lda, {pivots}, \
                                             batch(b), ldb, info, 1));                                                   \
    }                                                                                                                    \
    Status hipblas##X##getrfStridedBatched(Handle h, int n, T* a, int lda, Stride sa, int* pivots, Stride sp, int* info, \
                                           int count) {                                                                  \
        return status(blas::getrf<Native<T>>(state(h), n, batch(a, sa), lda, {pivots, nullptr, sp}, info, count));       \
    }                                                                                                                    \
    Status hipblas##X##getrsStridedBatched(Handle h, Operation ta, int n, int columns, T* a, int lda, Stride sa,         \
                                           const int* pivots, Stride sp, T* b, int ldb, Stride sb, int* info, int count) { \
        return status(blas::getrs<Native<T>>(state(h), op(ta), n, columns, batch(const_cast<const T*>(a), sa), lda,      \
                                             {pivots, nullptr, sp}, batch(b, sb), ldb, info, count));                    \
    }
LU_ONE(S, float) LU_ONE(D, double) LU_ONE(C, Complex) LU_ONE(Z, DoubleComplex)

Status hipblasHaxpy(Handle h, int n, const HalfType* alpha, const HalfType* x, int incx, HalfType* y, int incy) {
    return status(blas::axpy<Half>(state(h), n, native(alpha), batch(x), incx, batch(y), incy, 1));
}
Status hipblasHdot(Handle h, int n, const HalfType* x, int incx, const HalfType* y, int incy, HalfType* result) {
    return status(blas::dot<Half>(state(h), false, n, batch(x), incx, batch(y), incy, 1, native(result)));
}
Status hipblasBfdot(Handle h, int n, const hipblasBfloat16* x, int incx, const hipblasBfloat16* y, int incy,
                    hipblasBfloat16* result) {
    return status(blas::dot_ex(state(h), false, n, {{x}, DataType::r16bf, incx}, {{y}, DataType::r16bf, incy}, 1, result,
                               DataType::r16bf, DataType::r32f));
}

// The flags choose among AMD's kernels; none changes what is computed.
Status hipblasGemmExWithFlags(Handle h, Operation ta, Operation tb, int m, int n, int k, const void* alpha, const void* a,
                              hipDataType at, int lda, const void* b, hipDataType bt, int ldb, const void* beta, void* c,
                              hipDataType ct, int ldc, ComputeType how, GemmAlgo algo, hipblasGemmFlags_t) {
    return hipblasGemmEx(h, ta, tb, m, n, k, alpha, a, at, lda, b, bt, ldb, beta, c, ct, ldc, how, algo);
}

const char* hipblasStatusToString(Status s) {
    switch (s) {
#define CASE(x) case x: return #x;
    CASE(HIPBLAS_STATUS_SUCCESS) CASE(HIPBLAS_STATUS_NOT_INITIALIZED) CASE(HIPBLAS_STATUS_ALLOC_FAILED)
    CASE(HIPBLAS_STATUS_INVALID_VALUE) CASE(HIPBLAS_STATUS_MAPPING_ERROR) CASE(HIPBLAS_STATUS_EXECUTION_FAILED)
    CASE(HIPBLAS_STATUS_INTERNAL_ERROR) CASE(HIPBLAS_STATUS_NOT_SUPPORTED) CASE(HIPBLAS_STATUS_ARCH_MISMATCH)
    CASE(HIPBLAS_STATUS_HANDLE_IS_NULLPTR) CASE(HIPBLAS_STATUS_INVALID_ENUM) CASE(HIPBLAS_STATUS_UNKNOWN)
#undef CASE
    }
    return "undefined status";
}

}  // extern "C"
