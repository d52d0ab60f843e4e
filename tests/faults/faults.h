// What every fault program shares. Each does what it must not do, or, with CORRECT in the environment, what it should.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cuda_runtime.h>

inline bool correct() { return std::getenv("CORRECT") != nullptr; }

// Device memory that holds 0, 1, 2, ...
template <class T>
T* numbered(size_t count) {
    std::vector<T> values(count);
    for (size_t i = 0; i < count; i++) values[i] = T(i);
    T* data = nullptr;
    cudaMalloc(&data, count * sizeof(T));
    cudaMemcpy(data, values.data(), count * sizeof(T), cudaMemcpyHostToDevice);
    return data;
}

// Device memory that nobody has written.
template <class T>
T* fresh(size_t count) {
    T* data = nullptr;
    cudaMalloc(&data, count * sizeof(T));
    return data;
}

inline int finish() {
    cudaError_t status = cudaDeviceSynchronize();
    std::printf("%s\n", status == cudaSuccess ? "done" : "failed");
    return 0;
}
