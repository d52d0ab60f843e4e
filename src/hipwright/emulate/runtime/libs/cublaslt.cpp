// cuBLASLt over blaslt_core: names, enumerators and types of cublasLt's header.
#include <cublasLt.h>

#include "blaslt_core.h"

using Status = cublasStatus_t;
using Handle = cublasLtHandle_t;
using LayoutDesc = cublasLtMatrixLayout_t;
using ProductDesc = cublasLtMatmulDesc_t;
using TransformDesc = cublasLtMatrixTransformDesc_t;
using PreferenceDesc = cublasLtMatmulPreference_t;
using LayoutAttribute = cublasLtMatrixLayoutAttribute_t;
using ProductAttribute = cublasLtMatmulDescAttributes_t;
using TransformAttribute = cublasLtMatrixTransformDescAttributes_t;
using PreferenceAttribute = cublasLtMatmulPreferenceAttributes_t;
using HeuristicResult = cublasLtMatmulHeuristicResult_t;
using Algorithm = cublasLtMatmulAlgo_t;
using ComputeType = cublasComputeType_t;
using ValueType = cudaDataType;
using Stream = cudaStream_t;
constexpr auto kNoTranspose = CUBLAS_OP_N;

static Status status(hw::blaslt::Status s) {
    switch (s) {
    case hw::blaslt::Status::ok: return CUBLAS_STATUS_SUCCESS;
    case hw::blaslt::Status::not_initialized: return CUBLAS_STATUS_NOT_INITIALIZED;
    case hw::blaslt::Status::not_supported: return CUBLAS_STATUS_NOT_SUPPORTED;
    default: return CUBLAS_STATUS_INVALID_VALUE;
    }
}
static hw::blaslt::Op op(int o) {
    using hw::blaslt::Op;
    return o == int(CUBLAS_OP_T) ? Op::t : o == int(CUBLAS_OP_C) ? Op::c : Op::n;
}
static hw::blaslt::Compute compute(ComputeType c) {
    using hw::blaslt::Compute;
    switch (c) {
    case CUBLAS_COMPUTE_16F: return Compute::half;
    case CUBLAS_COMPUTE_32F:
    case CUBLAS_COMPUTE_32F_FAST_16F:
    case CUBLAS_COMPUTE_32F_FAST_16BF:
    case CUBLAS_COMPUTE_32F_FAST_TF32: return Compute::single;
    case CUBLAS_COMPUTE_64F: return Compute::twice;
    case CUBLAS_COMPUTE_32I: return Compute::int32;
    default: return Compute::invalid;
    }
}

#define LT(x) cublasLt##x
#define ENUM(x) CUBLASLT_##x
#define LT_NAME "cublasLt"
// Hints, and the bias of a batch, which hipBLASLt has no attribute for.
#define MORE_PRODUCT_SLOTS                                                            \
    case CUBLASLT_MATMUL_DESC_COMPUTE_TYPE: hw_unsupported("CUBLASLT_MATMUL_DESC_COMPUTE_TYPE"); \
    case CUBLASLT_MATMUL_DESC_SCALE_TYPE: return {&p->scale, 4};                      \
    case CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE: return {&p->bias_stride, 8};         \
    case CUBLASLT_MATMUL_DESC_SM_COUNT_TARGET:                                        \
    case CUBLASLT_MATMUL_DESC_FAST_ACCUM: { static int hint; return {&hint, 0}; }
#include "blaslt_spelling.h"

// Descriptors on the program's stack have the room that the header gives them.
static_assert(sizeof(hw::blaslt::Layout) <= sizeof(cublasLtMatrixLayoutOpaque_t));
static_assert(sizeof(hw::blaslt::Product) <= sizeof(cublasLtMatmulDescOpaque_t));
static_assert(sizeof(hw::blaslt::Transform) <= sizeof(cublasLtMatrixTransformDescOpaque_t));
static_assert(sizeof(Preference) <= sizeof(cublasLtMatmulPreferenceOpaque_t));

extern "C" {
Status cublasLtMatrixLayoutInit_internal(LayoutDesc l, size_t, ValueType kind, uint64_t rows, uint64_t columns, int64_t ld) {
    if (!l) return invalid();
    *own(l) = {};
    own(l)->type = int(kind), own(l)->rows = rows, own(l)->columns = columns, own(l)->ld = ld;
    return done();
}
Status cublasLtMatmulDescInit_internal(ProductDesc p, size_t, ComputeType how, ValueType scale) {
    if (!p) return invalid();
    *own(p) = {};
    own(p)->compute = int(compute(how)), own(p)->scale = int(scale), own(p)->ta = own(p)->tb = int(kNoTranspose);
    return done();
}
Status cublasLtMatrixTransformDescInit_internal(TransformDesc t, size_t, ValueType scale) {
    if (!t) return invalid();
    *own(t) = {int(scale), 0, int(kNoTranspose), int(kNoTranspose)};
    return done();
}
Status cublasLtMatmulPreferenceInit_internal(PreferenceDesc p, size_t) {
    if (!p) return invalid();
    *own(p) = {};
    return done();
}
size_t cublasLtGetVersion() { return CUBLAS_VERSION; }
}  // extern "C"
