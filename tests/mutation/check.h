// What the programs here share: memory on the device, and a result that is printed and compared with plain C++.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <cuda_runtime.h>

inline int& wrong() {
    static int count = 0;
    return count;
}

inline void must(cudaError_t status) {
    if (status == cudaSuccess) return;
    std::printf("FAILED: %s\n", cudaGetErrorString(status));
    std::exit(1);
}

template <class T>
struct Array {
    T* data = nullptr;
    size_t count;

    explicit Array(size_t n) : count(n) { must(cudaMalloc(&data, n * sizeof(T))); }
    explicit Array(const std::vector<T>& values) : Array(values.size()) {
        must(cudaMemcpy(data, values.data(), count * sizeof(T), cudaMemcpyHostToDevice));
    }
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    ~Array() { must(cudaFree(data)); }

    void clear() { must(cudaMemset(data, 0, count * sizeof(T))); }
    std::vector<T> read() const {
        must(cudaGetLastError());
        must(cudaDeviceSynchronize());
        std::vector<T> values(count);
        must(cudaMemcpy(values.data(), data, count * sizeof(T), cudaMemcpyDeviceToHost));
        return values;
    }
};

// A checksum in which every value and its place count, then the first values; compared with what is wanted.
template <class T>
void show(const char* name, const std::vector<T>& got, const std::vector<T>& want, double bound = 0) {
    double sum = 0;
    size_t bad = got.size() != want.size();
    for (size_t i = 0; i < got.size() && i < want.size(); ++i) {
        sum += double(got[i]) * double(1 + i % 13);
        bad += !(std::fabs(double(got[i]) - double(want[i])) <= bound * (1 + std::fabs(double(want[i]))));
    }
    std::printf("%s: %zu values, weighed %.9g, begin", name, got.size(), sum);
    for (size_t i = 0; i < got.size() && i < 6; ++i) std::printf(" %.9g", double(got[i]));
    std::printf(": %s\n", bad ? "WRONG" : "ok");
    wrong() += bad != 0;
}

inline int finish() {
    std::printf("%s\n", wrong() ? "WRONG" : "ok");
    return wrong() != 0;
}
