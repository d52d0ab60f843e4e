#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cuda/memory_resource>
#include <cuda/stream_ref>
#include <new>

// One allocation that is handed out from its beginning; freed pieces come back when the last one is freed.
class Arena {
 public:
  explicit Arena(size_t bytes) : size_(bytes) {
    if (cudaMalloc((void**)&base_, bytes) != cudaSuccess) throw std::bad_alloc();
  }
  ~Arena() { cudaFree(base_); }
  Arena(const Arena&) = delete;

  void* allocate(size_t bytes, size_t alignment) {
    const size_t at = (used_ + alignment - 1) / alignment * alignment;
    if (at + bytes > size_) throw std::bad_alloc();
    used_ = at + bytes;
    most_ = used_ > most_ ? used_ : most_;
    ++live_;
    return base_ + at;
  }
  void deallocate(void*, size_t, size_t) {
    if (--live_ == 0) used_ = 0;
  }
  void* allocate_async(size_t bytes, size_t alignment, cuda::stream_ref) { return allocate(bytes, alignment); }
  void deallocate_async(void* p, size_t bytes, size_t alignment, cuda::stream_ref stream) {
    stream.wait();
    deallocate(p, bytes, alignment);
  }
  size_t most() const { return most_; }
  bool operator==(const Arena& other) const { return this == &other; }
  bool operator!=(const Arena& other) const { return this != &other; }
  friend void get_property(const Arena&, cuda::mr::device_accessible) noexcept {}

 private:
  char* base_ = nullptr;
  size_t size_, used_ = 0, most_ = 0;
  int live_ = 0;
};

using DeviceResource = cuda::mr::async_resource_ref<cuda::mr::device_accessible>;

// A buffer of device memory from any resource.
template <typename T>
class Buffer {
 public:
  Buffer(size_t count, DeviceResource resource, cuda::stream_ref stream)
      : count_(count), resource_(resource), stream_(stream) {
    data_ = static_cast<T*>(resource_.allocate_async(count * sizeof(T), 256, stream_));
  }
  ~Buffer() { resource_.deallocate_async(data_, count_ * sizeof(T), 256, stream_); }
  Buffer(const Buffer&) = delete;
  T* data() const { return data_; }

 private:
  size_t count_;
  DeviceResource resource_;
  cuda::stream_ref stream_;
  T* data_;
};
