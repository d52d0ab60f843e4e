// cuFFT over fft_core.
#include <cufft.h>

#include "fft_core.h"

using Status = cufftResult;
using Handle = cufftHandle;
using Type = cufftType;
using Stream = cudaStream_t;
using Complex = cufftComplex;
using DoubleComplex = cufftDoubleComplex;

static Status status(hw::fft::Status s) {
    switch (s) {
    case hw::fft::Status::ok: return CUFFT_SUCCESS;
    case hw::fft::Status::invalid_plan: return CUFFT_INVALID_PLAN;
    case hw::fft::Status::invalid_type: return CUFFT_INVALID_TYPE;
    case hw::fft::Status::invalid_size: return CUFFT_INVALID_SIZE;
    default: return CUFFT_INVALID_VALUE;
    }
}

#define FFT(x) cufft##x
#include "fft_spelling.h"

extern "C" {
Status cufftGetVersion(int* version) {
    if (!version) return CUFFT_INVALID_VALUE;
    *version = CUFFT_VERSION;
    return CUFFT_SUCCESS;
}
Status cufftGetProperty(libraryPropertyType which, int* value) {
    if (!value) return CUFFT_INVALID_VALUE;
    *value = which == MAJOR_VERSION ? CUFFT_VER_MAJOR : which == MINOR_VERSION ? CUFFT_VER_MINOR : CUFFT_VER_PATCH;
    return CUFFT_SUCCESS;
}
}
