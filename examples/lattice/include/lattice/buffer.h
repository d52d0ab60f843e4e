// Memory that frees itself.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "lattice/check.h"

namespace lattice {

enum class Where { Device, Pinned, Managed };

template <typename T, Where where = Where::Device>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t count) : count_(count) {
    if (!count) return;
    switch (where) {
      case Where::Device: CUDA_CHECK(cudaMalloc(reinterpret_cast<void**>(&data_), bytes())); break;
      case Where::Pinned: CUDA_CHECK(cudaMallocHost(reinterpret_cast<void**>(&data_), bytes())); break;
      case Where::Managed: CUDA_CHECK(cudaMallocManaged(reinterpret_cast<void**>(&data_), bytes())); break;
    }
  }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    if (data_) where == Where::Pinned ? cudaFreeHost(data_) : cudaFree(data_);
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return count_; }
  std::size_t bytes() const { return count_ * sizeof(T); }

  void clear(cudaStream_t stream = nullptr) { CUDA_CHECK(cudaMemsetAsync(data_, 0, bytes(), stream)); }

  void upload(const std::vector<T>& from) {
    CUDA_CHECK(cudaMemcpy(data_, from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice));
  }

  std::vector<T> download(std::size_t count) const {
    std::vector<T> to(count);
    CUDA_CHECK(cudaMemcpy(to.data(), data_, count * sizeof(T), cudaMemcpyDeviceToHost));
    return to;
  }
  std::vector<T> download() const { return download(count_); }

 private:
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace lattice
