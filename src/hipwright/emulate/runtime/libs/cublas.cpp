// cuBLAS (the v2 interface) over blas_core: names, enumerators and types of cublas_v2.h.
#include <cublas_v2.h>
#include <cuda_fp16.h>

#include "blas_native.h"

namespace hw {
template <> struct NativeOf<cuComplex> { using type = ComplexF; };
template <> struct NativeOf<cuDoubleComplex> { using type = ComplexD; };
template <> struct NativeOf<__half> { using type = Half; };
}  // namespace hw

using namespace hw;
using Status = cublasStatus_t;
using Handle = cublasHandle_t;
using Operation = cublasOperation_t;
using FillMode = cublasFillMode_t;
using SideMode = cublasSideMode_t;
using DiagType = cublasDiagType_t;
using PointerMode = cublasPointerMode_t;
using MathMode = cublasMath_t;
using AtomicsMode = cublasAtomicsMode_t;
using ComputeType = cublasComputeType_t;
using GemmAlgo = cublasGemmAlgo_t;
using DataTypeEnum = cudaDataType;
using Stream = cudaStream_t;
using Complex = cuComplex;
using DoubleComplex = cuDoubleComplex;
using HalfType = __half;
using Stride = long long;
using GemmStride = long long;

static blas::State* state(Handle h) { return reinterpret_cast<blas::State*>(h); }

static Status status(blas::Status s) {
    switch (s) {
    case blas::Status::ok: return CUBLAS_STATUS_SUCCESS;
    case blas::Status::not_initialized: return CUBLAS_STATUS_NOT_INITIALIZED;
    case blas::Status::handle_is_null: return CUBLAS_STATUS_NOT_INITIALIZED;
    case blas::Status::invalid_value:
    case blas::Status::invalid_enum: return CUBLAS_STATUS_INVALID_VALUE;
    case blas::Status::not_supported: return CUBLAS_STATUS_NOT_SUPPORTED;
    default: return CUBLAS_STATUS_EXECUTION_FAILED;
    }
}
static blas::Op op(Operation o) {
    return o == CUBLAS_OP_N ? blas::Op::n : o == CUBLAS_OP_T ? blas::Op::t : o == CUBLAS_OP_C ? blas::Op::c : blas::Op::invalid;
}
static blas::Fill fill(FillMode f) {
    return f == CUBLAS_FILL_MODE_LOWER ? blas::Fill::lower : f == CUBLAS_FILL_MODE_UPPER ? blas::Fill::upper : blas::Fill::invalid;
}
static blas::Diag diag(DiagType d) {
    return d == CUBLAS_DIAG_UNIT ? blas::Diag::unit : d == CUBLAS_DIAG_NON_UNIT ? blas::Diag::non_unit : blas::Diag::invalid;
}
static blas::Side side(SideMode s) {
    return s == CUBLAS_SIDE_LEFT ? blas::Side::left : s == CUBLAS_SIDE_RIGHT ? blas::Side::right : blas::Side::invalid;
}
static DataType type(DataTypeEnum t) { return DataType(t); }
static blas::Compute compute(ComputeType c) {
    switch (c) {
    case CUBLAS_COMPUTE_16F: return blas::Compute::half;
    case CUBLAS_COMPUTE_16F_PEDANTIC: return blas::Compute::half_exact;
    case CUBLAS_COMPUTE_32F:
    case CUBLAS_COMPUTE_32F_PEDANTIC:
    case CUBLAS_COMPUTE_32F_FAST_16F:
    case CUBLAS_COMPUTE_32F_FAST_16BF:
    case CUBLAS_COMPUTE_32F_FAST_TF32:
    case CUBLAS_COMPUTE_32F_EMULATED_16BFX9: return blas::Compute::single;
    case CUBLAS_COMPUTE_64F:
    case CUBLAS_COMPUTE_64F_PEDANTIC: return blas::Compute::twice;
    case CUBLAS_COMPUTE_32I:
    case CUBLAS_COMPUTE_32I_PEDANTIC: return blas::Compute::int32;
    default: return blas::Compute::invalid;
    }
}

// Pasting first and scanning again lets cublas_v2.h's macros turn cublasSgemm into cublasSgemm_v2.
#define NAME(x) cublas##x
#define WIDE(x) cublas##x##_64
#define BATCHES_OF_EVERYTHING 0
#define POINTERS_IN(a) const void* const a[]
#define POINTERS_OUT(a) void* const a[]
#define LU_IN(T) const T* const
#define LU_PIVOTS const int*
#include "blas_spelling.h"

extern "C" {

#define MATINV(X, T)                                                                                                     \
    Status cublas##X##matinvBatched(Handle h, int n, const T* const a[], int lda, T* const c[], int ldc, int* info, int count) { \
        return status(blas::matinv<Native<T>>(state(h), n, batch(a), lda, batch(c), ldc, info, count));                  \
    }
MATINV(S, float) MATINV(D, double) MATINV(C, Complex) MATINV(Z, DoubleComplex)

// The 3M variants differ in how they multiply complex numbers, not in what they compute.
Status cublasCgemm3m(Handle h, Operation ta, Operation tb, int m, int n, int k, const Complex* alpha, const Complex* a, int lda,
                     const Complex* b, int ldb, const Complex* beta, Complex* c, int ldc) {
    return cublasCgemm(h, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
Status cublasZgemm3m(Handle h, Operation ta, Operation tb, int m, int n, int k, const DoubleComplex* alpha,
                     const DoubleComplex* a, int lda, const DoubleComplex* b, int ldb, const DoubleComplex* beta,
                     DoubleComplex* c, int ldc) {
    return cublasZgemm(h, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
Status cublasSgemmEx(Handle h, Operation ta, Operation tb, int m, int n, int k, const float* alpha, const void* a,
                     cudaDataType at, int lda, const void* b, cudaDataType bt, int ldb, const float* beta, void* c,
                     cudaDataType ct, int ldc) {
    return cublasGemmEx(h, ta, tb, m, n, k, alpha, a, at, lda, b, bt, ldb, beta, c, ct, ldc, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
}
Status cublasCgemmEx(Handle h, Operation ta, Operation tb, int m, int n, int k, const Complex* alpha, const void* a,
                     cudaDataType at, int lda, const void* b, cudaDataType bt, int ldb, const Complex* beta, void* c,
                     cudaDataType ct, int ldc) {
    return cublasGemmEx(h, ta, tb, m, n, k, alpha, a, at, lda, b, bt, ldb, beta, c, ct, ldc, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
}

Status cublasGetVersion(Handle h, int* version) {
    if (!h) return CUBLAS_STATUS_NOT_INITIALIZED;
    if (!version) return CUBLAS_STATUS_INVALID_VALUE;
    *version = CUBLAS_VERSION;
    return CUBLAS_STATUS_SUCCESS;
}
Status cublasGetProperty(libraryPropertyType which, int* value) {
    if (!value) return CUBLAS_STATUS_INVALID_VALUE;
    *value = which == MAJOR_VERSION ? CUBLAS_VER_MAJOR : which == MINOR_VERSION ? CUBLAS_VER_MINOR : CUBLAS_VER_PATCH;
    return CUBLAS_STATUS_SUCCESS;
}

const char* cublasGetStatusName(Status s) {
    switch (s) {
#define CASE(x) case x: return #x;
    CASE(CUBLAS_STATUS_SUCCESS) CASE(CUBLAS_STATUS_NOT_INITIALIZED) CASE(CUBLAS_STATUS_ALLOC_FAILED)
    CASE(CUBLAS_STATUS_INVALID_VALUE) CASE(CUBLAS_STATUS_ARCH_MISMATCH) CASE(CUBLAS_STATUS_MAPPING_ERROR)
    CASE(CUBLAS_STATUS_EXECUTION_FAILED) CASE(CUBLAS_STATUS_INTERNAL_ERROR) CASE(CUBLAS_STATUS_NOT_SUPPORTED)
    CASE(CUBLAS_STATUS_LICENSE_ERROR)
#undef CASE
    }
    return "CUBLAS_STATUS_UNKNOWN";
}
const char* cublasGetStatusString(Status s) { return cublasGetStatusName(s); }

}  // extern "C"
