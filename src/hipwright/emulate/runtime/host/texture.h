// What a texture or surface object points at. Host code makes it, device code samples it; both sides' objects are the
// address of one Image, so an object can be passed to a kernel as it is.
//
// Sampling follows the CUDA programming guide (texture fetching): coordinates to texels by floor, linear filtering with
// weights of eight fractional bits. AMD's image units use the same precision of weights.
#pragma once

#include "core.h"

namespace hw::host {

constexpr uint32_t kImageAlive = 0x48575449;          // cleared when the object is destroyed; its memory stays

enum class AddressMode : uint8_t { wrap = 0, clamp = 1, mirror = 2, border = 3 };

struct Image {
    uint32_t alive = kImageAlive;
    bool linear_memory = false;     // fetched by index only
    bool filtered = false;          // linear filter, else nearest
    bool read_normalised = false;   // integers become [0, 1] or [-1, 1]
    bool coordinates_normalised = false;
    bool layered = false;
    AddressMode address[3] = {AddressMode::clamp, AddressMode::clamp, AddressMode::clamp};
    float border[4] = {0, 0, 0, 0};
    Channels channels;
    int channel_count = 0;
    size_t element = 0;             // bytes
    char* data = nullptr;
    size_t width = 0, height = 1, depth = 1;          // texels; depth counts layers where layered
    size_t pitch = 0;               // bytes of a row
};

struct Texel { uint32_t bits[4]; };                   // a channel each: float bits, or an integer extended to 32 bits

const Image& image_of(uint64_t object);               // a dead object ends the kernel with a fault
Texel fetch(const Image&, int64_t x, int64_t y, int64_t z);      // zero outside
Texel sample(const Image&, int dimensions, float x, float y = 0, float z = 0, int layer = 0);
Texel gather(const Image&, float x, float y, int channel);
void store(const Image&, int64_t x, int64_t y, int64_t z, const Texel&);
char* address_of(const Image&, int64_t x, int64_t y, int64_t z);     // null outside

Error create_image(uint64_t* object, const Image&);
Error destroy_image(uint64_t object);
bool image_alive(uint64_t object);

}  // namespace hw::host
