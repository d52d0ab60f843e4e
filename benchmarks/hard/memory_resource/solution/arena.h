#pragma once

#include <hip/hip_runtime.h>

#include <cstddef>
#include <new>

// What a buffer asks of its memory: HIP has no resource_ref, so it is an interface here. All of it is device memory.
class DeviceResource {
 public:
  virtual ~DeviceResource() = default;
  virtual void* allocate_async(size_t bytes, size_t alignment, hipStream_t stream) = 0;
  virtual void deallocate_async(void* p, size_t bytes, size_t alignment, hipStream_t stream) = 0;
};

// One allocation that is handed out from its beginning; freed pieces come back when the last one is freed.
class Arena final : public DeviceResource {
 public:
  explicit Arena(size_t bytes) : size_(bytes) {
    if (hipMalloc((void**)&base_, bytes) != hipSuccess) throw std::bad_alloc();
  }
  ~Arena() override { (void)hipFree(base_); }
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
  void* allocate_async(size_t bytes, size_t alignment, hipStream_t) override { return allocate(bytes, alignment); }
  void deallocate_async(void* p, size_t bytes, size_t alignment, hipStream_t stream) override {
    (void)hipStreamSynchronize(stream);
    deallocate(p, bytes, alignment);
  }
  size_t most() const { return most_; }

 private:
  char* base_ = nullptr;
  size_t size_, used_ = 0, most_ = 0;
  int live_ = 0;
};

// A buffer of device memory from any resource.
template <typename T>
class Buffer {
 public:
  Buffer(size_t count, DeviceResource& resource, hipStream_t stream)
      : count_(count), resource_(resource), stream_(stream) {
    data_ = static_cast<T*>(resource_.allocate_async(count * sizeof(T), 256, stream_));
  }
  ~Buffer() { resource_.deallocate_async(data_, count_ * sizeof(T), 256, stream_); }
  Buffer(const Buffer&) = delete;
  T* data() const { return data_; }

 private:
  size_t count_;
  DeviceResource& resource_;
  hipStream_t stream_;
  T* data_;
};
