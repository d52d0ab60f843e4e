// hipBLASLt over blaslt_core: names, enumerators and types of hipblasLt's header.
#include <hip/hip_runtime.h>
#include <hipblaslt/hipblaslt.h>

#include "blaslt_core.h"

using Status = hipblasStatus_t;
using Handle = hipblasLtHandle_t;
using LayoutDesc = hipblasLtMatrixLayout_t;
using ProductDesc = hipblasLtMatmulDesc_t;
using TransformDesc = hipblasLtMatrixTransformDesc_t;
using PreferenceDesc = hipblasLtMatmulPreference_t;
using LayoutAttribute = hipblasLtMatrixLayoutAttribute_t;
using ProductAttribute = hipblasLtMatmulDescAttributes_t;
using TransformAttribute = hipblasLtMatrixTransformDescAttributes_t;
using PreferenceAttribute = hipblasLtMatmulPreferenceAttributes_t;
using HeuristicResult = hipblasLtMatmulHeuristicResult_t;
using Algorithm = hipblasLtMatmulAlgo_t;
using ComputeType = hipblasComputeType_t;
using ValueType = hipDataType;
using Stream = hipStream_t;
constexpr auto kNoTranspose = HIPBLAS_OP_N;

static Status status(hw::blaslt::Status s) {
    switch (s) {
    case hw::blaslt::Status::ok: return HIPBLAS_STATUS_SUCCESS;
    case hw::blaslt::Status::not_initialized: return HIPBLAS_STATUS_NOT_INITIALIZED;
    case hw::blaslt::Status::not_supported: return HIPBLAS_STATUS_NOT_SUPPORTED;
    default: return HIPBLAS_STATUS_INVALID_VALUE;
    }
}
static hw::blaslt::Op op(int o) {
    using hw::blaslt::Op;
    return o == int(HIPBLAS_OP_T) ? Op::t : o == int(HIPBLAS_OP_C) ? Op::c : Op::n;
}
static hw::blaslt::Compute compute(ComputeType c) {
    using hw::blaslt::Compute;
    switch (c) {
    case HIPBLAS_COMPUTE_16F: return Compute::half;
    case HIPBLAS_COMPUTE_32F:
    case HIPBLAS_COMPUTE_32F_FAST_16F:
    case HIPBLAS_COMPUTE_32F_FAST_16BF:
    case HIPBLAS_COMPUTE_32F_FAST_TF32: return Compute::single;
    case HIPBLAS_COMPUTE_64F: return Compute::twice;
    case HIPBLAS_COMPUTE_32I: return Compute::int32;
    default: return Compute::invalid;
    }
}

#define LT(x) hipblasLt##x
#define ENUM(x) HIPBLASLT_##x
#define LT_NAME "hipblasLt"
#define MORE_PRODUCT_SLOTS
#include "blaslt_spelling.h"

extern "C" Status hipblasLtGetVersion(Handle handle, int* version) {
    if (!handle || !version) return invalid();
    *version = HIPBLASLT_VERSION_MAJOR * 100000 + HIPBLASLT_VERSION_MINOR * 100 + HIPBLASLT_VERSION_PATCH;
    return done();
}
