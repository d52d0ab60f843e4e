// cuSOLVER's dense interface over solver_core: names, enumerators and types of cusolverDn.h.
#include <cusolverDn.h>

#include "blas_native.h"
#include "solver_core.h"

namespace hw {
template <> struct NativeOf<cuComplex> { using type = ComplexF; };
template <> struct NativeOf<cuDoubleComplex> { using type = ComplexD; };
}  // namespace hw

using Status = cusolverStatus_t;
using Handle = cusolverDnHandle_t;
using Stream = cudaStream_t;
using Operation = cublasOperation_t;
using FillMode = cublasFillMode_t;
using SideMode = cublasSideMode_t;
using EigMode = cusolverEigMode_t;
using GesvdjInfo = gesvdjInfo_t;
using SyevjInfo = syevjInfo_t;
using Complex = cuComplex;
using DoubleComplex = cuDoubleComplex;

static Status status(hw::solver::Status s) {
    switch (s) {
    case hw::solver::Status::ok: return CUSOLVER_STATUS_SUCCESS;
    case hw::solver::Status::not_initialized: return CUSOLVER_STATUS_NOT_INITIALIZED;
    case hw::solver::Status::not_supported: return CUSOLVER_STATUS_NOT_SUPPORTED;
    default: return CUSOLVER_STATUS_INVALID_VALUE;
    }
}
static hw::blas::Op op(Operation o) {
    using hw::blas::Op;
    return o == CUBLAS_OP_N ? Op::n : o == CUBLAS_OP_T ? Op::t : o == CUBLAS_OP_C ? Op::c : Op::invalid;
}
static hw::blas::Fill fill(FillMode f) {
    using hw::blas::Fill;
    return f == CUBLAS_FILL_MODE_LOWER ? Fill::lower : f == CUBLAS_FILL_MODE_UPPER ? Fill::upper : Fill::invalid;
}
static hw::blas::Side side(SideMode s) {
    using hw::blas::Side;
    return s == CUBLAS_SIDE_LEFT ? Side::left : s == CUBLAS_SIDE_RIGHT ? Side::right : Side::invalid;
}

#define DN(x) cusolverDn##x
#define TALL_ONLY 1       // its gesvd takes no matrices that are wider than high
#include "solver_spelling.h"
