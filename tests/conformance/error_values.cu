// Point: calls with wrong values return errors that can be told apart, and have names and texts.
// Rule: cudaSuccess is 0; an invalid device, an invalid value and exhausted memory have codes of their own.
#include "check.h"

int main() {
    expect("success is 0", int(cudaSuccess), 0);
    expect("invalid device", cudaSetDevice(12345) == cudaErrorInvalidDevice, true);
    cudaGetLastError();
    void* memory = nullptr;
    expect("out of memory", cudaMalloc(&memory, size_t(1) << 60) == cudaErrorMemoryAllocation, true);
    cudaGetLastError();
    expect("free null", cudaFree(nullptr) == cudaSuccess, true);
    expect("copy to null", cudaMemcpy(nullptr, &memory, 8, cudaMemcpyHostToDevice) != cudaSuccess, true);
    cudaGetLastError();
    expect("has a name", std::strlen(cudaGetErrorName(cudaErrorInvalidValue)) > 0, true);
    expect("has a text", std::strlen(cudaGetErrorString(cudaErrorInvalidValue)) > 0, true);
    expect("texts differ", std::strcmp(cudaGetErrorString(cudaSuccess), cudaGetErrorString(cudaErrorInvalidValue)) != 0, true);
    expect("clean", cudaGetLastError() == cudaSuccess, true);
    return finish();
}
