// hipFFT over fft_core.
#include <hip/hip_runtime_api.h>
#include <hipfft/hipfft.h>

#include "fft_core.h"

using Status = hipfftResult;
using Handle = hipfftHandle;
using Type = hipfftType;
using Stream = hipStream_t;
using Complex = hipfftComplex;
using DoubleComplex = hipfftDoubleComplex;

static Status status(hw::fft::Status s) {
    switch (s) {
    case hw::fft::Status::ok: return HIPFFT_SUCCESS;
    case hw::fft::Status::invalid_plan: return HIPFFT_INVALID_PLAN;
    case hw::fft::Status::invalid_type: return HIPFFT_INVALID_TYPE;
    case hw::fft::Status::invalid_size: return HIPFFT_INVALID_SIZE;
    default: return HIPFFT_INVALID_VALUE;
    }
}

#define FFT(x) hipfft##x
#include "fft_spelling.h"

extern "C" {
Status hipfftExtPlanScaleFactor(Handle handle, double factor) {
    fft::Plan* plan = fft::find(intptr_t(handle));
    if (!plan || plan->made) return HIPFFT_INVALID_PLAN;   // before the plan is made, as documented
    if (!std::isfinite(factor)) return HIPFFT_INVALID_VALUE;
    plan->scale = factor;
    return HIPFFT_SUCCESS;
}
Status hipfftGetVersion(int* version) {
    if (!version) return HIPFFT_INVALID_VALUE;
    *version = hipfftVersionMajor * 10000 + hipfftVersionMinor * 100 + hipfftVersionPatch;
    return HIPFFT_SUCCESS;
}
Status hipfftGetProperty(hipfftLibraryPropertyType which, int* value) {
    if (!value) return HIPFFT_INVALID_VALUE;
    *value = which == HIPFFT_MAJOR_VERSION   ? hipfftVersionMajor
             : which == HIPFFT_MINOR_VERSION ? hipfftVersionMinor
                                             : hipfftVersionPatch;
    return HIPFFT_SUCCESS;
}
}
