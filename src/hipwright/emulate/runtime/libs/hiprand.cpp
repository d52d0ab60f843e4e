// hipRAND's host interface over rand_core.
#include <hip/hip_runtime_api.h>
#include <hiprand/hiprand.h>

#include "rand_core.h"

using Status = hiprandStatus_t;
using Handle = hiprandGenerator_t;
using RngType = hiprandRngType_t;
using Stream = hipStream_t;
#define RAND_NAME "hiprand"

static hw::rand::Kind kind(RngType type) {
    switch (type) {
    case HIPRAND_RNG_PSEUDO_DEFAULT:
    case HIPRAND_RNG_PSEUDO_XORWOW: return hw::rand::Kind::xorwow;
    case HIPRAND_RNG_PSEUDO_MRG32K3A: return hw::rand::Kind::mrg32k3a;
    case HIPRAND_RNG_PSEUDO_MTGP32: return hw::rand::Kind::mtgp32;
    case HIPRAND_RNG_PSEUDO_MT19937: return hw::rand::Kind::mt19937;
    case HIPRAND_RNG_PSEUDO_PHILOX4_32_10: return hw::rand::Kind::philox;
    case HIPRAND_RNG_QUASI_DEFAULT:
    case HIPRAND_RNG_QUASI_SOBOL32: return hw::rand::Kind::sobol32;
    case HIPRAND_RNG_QUASI_SOBOL64: return hw::rand::Kind::sobol64;
    case HIPRAND_RNG_QUASI_SCRAMBLED_SOBOL32:
    case HIPRAND_RNG_QUASI_SCRAMBLED_SOBOL64: hw::hw_unsupported("hiprandCreateGenerator(scrambled Sobol)");
    default: return hw::rand::Kind::unknown;
    }
}

static Status status(hw::rand::Status s) {
    switch (s) {
    case hw::rand::Status::ok: return HIPRAND_STATUS_SUCCESS;
    case hw::rand::Status::not_initialized: return HIPRAND_STATUS_NOT_INITIALIZED;
    case hw::rand::Status::type_error: return HIPRAND_STATUS_TYPE_ERROR;
    case hw::rand::Status::length_not_multiple: return HIPRAND_STATUS_LENGTH_NOT_MULTIPLE;
    default: return HIPRAND_STATUS_OUT_OF_RANGE;
    }
}

#define RAND(x) hiprand##x
#include "rand_spelling.h"

extern "C" Status hiprandGetVersion(int* version) {
    if (!version) return HIPRAND_STATUS_OUT_OF_RANGE;
    *version = HIPRAND_VERSION;
    return HIPRAND_STATUS_SUCCESS;
}
