// What every conformance program shares: device memory that checks its calls, and comparison of what a kernel computed
// with what the documentation promises. Prints `name: value`; a mismatch prints FAILED and makes the program return 1.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <cuda_runtime.h>

inline int& failures() {
    static int count = 0;
    return count;
}

inline void must(cudaError_t status, const char* what = "call") {
    if (status == cudaSuccess) return;
    std::printf("FAILED %s: %s\n", what, cudaGetErrorString(status));
    std::exit(1);
}

// Waits for the kernels launched so far; a failed launch or a fault ends the program here.
inline void kernels_done() {
    must(cudaGetLastError(), "launch");
    must(cudaDeviceSynchronize(), "kernel");
}

inline std::string text(int v) { return std::to_string(v); }
inline std::string text(unsigned v) { return std::to_string(v); }
inline std::string text(long v) { return std::to_string(v); }
inline std::string text(unsigned long v) { return std::to_string(v); }
inline std::string text(long long v) { return std::to_string(v); }
inline std::string text(unsigned long long v) { return std::to_string(v); }
inline std::string text(short v) { return std::to_string(v); }
inline std::string text(unsigned short v) { return std::to_string(v); }
inline std::string text(signed char v) { return std::to_string(v); }
inline std::string text(unsigned char v) { return std::to_string(v); }
inline std::string text(char v) { return std::to_string(int(v)); }
inline std::string text(bool v) { return v ? "1" : "0"; }
inline std::string text(double v) {
    if (std::isnan(v)) return "nan";  // a NaN's sign and payload are nobody's promise
    char line[64];
    std::snprintf(line, sizeof line, "%.17g", v);
    return line;
}
inline std::string text(float v) {
    if (std::isnan(v)) return "nan";
    char line[64];
    std::snprintf(line, sizeof line, "%.9g", double(v));
    return line;
}

// Equal as numbers, NaN as NaN, and 0 told from -0.
template <class T>
bool same(T got, T want) {
    return text(got) == text(want);
}

template <class T>
void expect(const char* name, T got, T want) {
    std::printf("%s: %s\n", name, text(got).c_str());
    if (same(got, want)) return;
    failures()++;
    std::printf("FAILED %s: want %s\n", name, text(want).c_str());
}

// A row of values: all of them where they are few, else the first and a hash of all.
template <class T>
void expect_all(const char* name, const std::vector<T>& got, const std::vector<T>& want) {
    unsigned hash = 2166136261u;
    std::string shown;
    for (size_t i = 0; i < got.size(); i++) {
        std::string one = text(T(got[i]));
        for (char c : one + " ") hash = (hash ^ (unsigned char)c) * 16777619u;
        if (i < 8) shown += (i ? " " : "") + one;
    }
    std::printf("%s: %s%s (%zu values, hash %08x)\n", name, shown.c_str(), got.size() > 8 ? " ..." : "", got.size(), hash);
    if (got.size() != want.size()) {
        failures()++;
        std::printf("FAILED %s: want %zu values\n", name, want.size());
        return;
    }
    int shown_failures = 0;
    for (size_t i = 0; i < got.size(); i++) {
        if (same<T>(got[i], want[i])) continue;
        failures()++;
        if (shown_failures++ < 4)
            std::printf("FAILED %s[%zu]: got %s, want %s\n", name, i, text(T(got[i])).c_str(), text(T(want[i])).c_str());
    }
}

// For results that only have a documented bound: the value itself is not printed, as its last bits are free.
template <class T>
void expect_near(const char* name, T got, T want, double bound) {
    bool near = std::fabs(double(got) - double(want)) <= bound || same(got, want);
    if (near) {
        std::printf("%s: within bound\n", name);
        return;
    }
    failures()++;
    std::printf("FAILED %s: got %s, want %s within %g\n", name, text(got).c_str(), text(want).c_str(), bound);
}

inline int finish() {
    if (failures()) std::printf("FAILED %d checks\n", failures());
    else std::printf("ok\n");
    return failures() ? 1 : 0;
}

// Device memory that is zero, or starts with the values given.
template <class T>
struct Device {
    T* data = nullptr;
    size_t count;
    explicit Device(size_t n) : count(n) {
        must(cudaMalloc(&data, n * sizeof(T)), "cudaMalloc");
        must(cudaMemset(data, 0, n * sizeof(T)), "cudaMemset");
    }
    explicit Device(const std::vector<T>& values) : count(values.size()) {
        must(cudaMalloc(&data, count * sizeof(T)), "cudaMalloc");
        must(cudaMemcpy(data, values.data(), count * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy");
    }
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    ~Device() { cudaFree(data); }
    operator T*() const { return data; }
    std::vector<T> read() const {
        kernels_done();
        std::vector<T> values(count);
        must(cudaMemcpy(values.data(), data, count * sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy back");
        return values;
    }
};
