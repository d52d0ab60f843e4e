// cuRAND's host interface over rand_core.
#include <curand.h>

#include "rand_core.h"

using Status = curandStatus_t;
using Handle = curandGenerator_t;
using RngType = curandRngType_t;
using Stream = cudaStream_t;
#define RAND_NAME "curand"

static hw::rand::Kind kind(RngType type) {
    switch (type) {
    case CURAND_RNG_PSEUDO_DEFAULT:
    case CURAND_RNG_PSEUDO_XORWOW: return hw::rand::Kind::xorwow;
    case CURAND_RNG_PSEUDO_MRG32K3A: return hw::rand::Kind::mrg32k3a;
    case CURAND_RNG_PSEUDO_MTGP32: return hw::rand::Kind::mtgp32;
    case CURAND_RNG_PSEUDO_MT19937: return hw::rand::Kind::mt19937;
    case CURAND_RNG_PSEUDO_PHILOX4_32_10: return hw::rand::Kind::philox;
    case CURAND_RNG_QUASI_DEFAULT:
    case CURAND_RNG_QUASI_SOBOL32: return hw::rand::Kind::sobol32;
    case CURAND_RNG_QUASI_SOBOL64: return hw::rand::Kind::sobol64;
    case CURAND_RNG_QUASI_SCRAMBLED_SOBOL32:
    case CURAND_RNG_QUASI_SCRAMBLED_SOBOL64: hw::hw_unsupported("curandCreateGenerator(scrambled Sobol)");
    default: return hw::rand::Kind::unknown;
    }
}

static Status status(hw::rand::Status s) {
    switch (s) {
    case hw::rand::Status::ok: return CURAND_STATUS_SUCCESS;
    case hw::rand::Status::not_initialized: return CURAND_STATUS_NOT_INITIALIZED;
    case hw::rand::Status::type_error: return CURAND_STATUS_TYPE_ERROR;
    case hw::rand::Status::length_not_multiple: return CURAND_STATUS_LENGTH_NOT_MULTIPLE;
    default: return CURAND_STATUS_OUT_OF_RANGE;
    }
}

#define RAND(x) curand##x
#include "rand_spelling.h"

extern "C" {

// Orderings rearrange one stream; only those that mean the documented default order are offered.
Status curandSetGeneratorOrdering(Handle handle, curandOrdering_t order) {
    if (!handle) return CURAND_STATUS_NOT_INITIALIZED;
    bool quasi = generator(handle)->quasi();
    if (quasi != (order == CURAND_ORDERING_QUASI_DEFAULT)) return CURAND_STATUS_OUT_OF_RANGE;
    if (order == CURAND_ORDERING_PSEUDO_SEEDED) hw::hw_unsupported("curandSetGeneratorOrdering(CURAND_ORDERING_PSEUDO_SEEDED)");
    return CURAND_STATUS_SUCCESS;
}
Status curandGetVersion(int* version) {
    if (!version) return CURAND_STATUS_OUT_OF_RANGE;
    *version = CURAND_VERSION;
    return CURAND_STATUS_SUCCESS;
}
Status curandGetProperty(libraryPropertyType which, int* value) {
    if (!value) return CURAND_STATUS_OUT_OF_RANGE;
    *value = which == MAJOR_VERSION ? CURAND_VER_MAJOR : which == MINOR_VERSION ? CURAND_VER_MINOR : CURAND_VER_PATCH;
    return CURAND_STATUS_SUCCESS;
}

}  // extern "C"
