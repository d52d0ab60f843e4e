// Texture and surface instructions of PTX, called by what emulate/ptx_texture.py makes of them; see texture.h.
#include "texture.h"

#include <algorithm>
#include <cstring>

namespace {

using namespace hw;
using namespace hw::host;

// PTX puts the layer first: {layer, x, y}.
struct Coordinates { const uint32_t* at; int layer; };

Coordinates split(const uint32_t* bits, uint32_t layered) {
    return layered ? Coordinates{bits + 1, int(bits[0])} : Coordinates{bits, 0};
}

float number(uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}

void give(uint64_t* out, const Texel& texel) {
    for (int i = 0; i < 4; ++i) out[i] = texel.bits[i];
}

// The bytes that a surface instruction means; null: none, because it lies outside.
char* surface_bytes(uint64_t object, const uint32_t* bits, uint32_t dimensions, uint32_t layered, uint32_t size, uint32_t beyond) {
    enum { Trap = 0, Clamp = 1, Zero = 2 };
    const Image& image = image_of(object);
    Coordinates c = split(bits, layered);
    int64_t x = int32_t(c.at[0]), y = dimensions > 1 ? int32_t(c.at[1]) : 0;
    int64_t z = layered ? c.layer : dimensions > 2 ? int32_t(c.at[2]) : 0;
    int64_t last_x = int64_t(image.width * image.element) - size;
    if (beyond == Clamp) {
        x = std::max<int64_t>(0, std::min(x, last_x));
        y = std::max<int64_t>(0, std::min<int64_t>(y, int64_t(image.height) - 1));
        z = std::max<int64_t>(0, std::min<int64_t>(z, int64_t(image.depth) - 1));
    }
    bool inside = x >= 0 && x <= last_x && y >= 0 && y < int64_t(image.height) && z >= 0 && z < int64_t(image.depth);
    if (!inside && beyond == Trap) fatal("out-of-bounds", 0, "a surface is accessed outside of its array");
    if (!inside) return nullptr;
    if (x % size) fatal("out-of-bounds", 0, "a surface is accessed at a byte that is no multiple of the element's size");
    return image.data + (size_t(z) * image.height + size_t(y)) * image.pitch + size_t(x);
}

}  // namespace

extern "C" void hw_ptx_tex(uint64_t* out, uint64_t object, const uint32_t* bits, uint32_t dimensions, uint32_t layered,
                           uint32_t indexed) {
    const Image& image = image_of(object);
    Coordinates c = split(bits, layered);
    if (indexed) {
        int64_t y = dimensions > 1 ? int32_t(c.at[1]) : 0, z = layered ? c.layer : dimensions > 2 ? int32_t(c.at[2]) : 0;
        return give(out, fetch(image, int32_t(c.at[0]), y, z));
    }
    float y = dimensions > 1 ? number(c.at[1]) : 0, z = dimensions > 2 ? number(c.at[2]) : 0;
    give(out, sample(image, int(dimensions), number(c.at[0]), y, z, c.layer));
}

extern "C" void hw_ptx_tld4(uint64_t* out, uint64_t object, const uint32_t* bits, uint32_t channel) {
    give(out, gather(image_of(object), number(bits[0]), number(bits[1]), int(channel)));
}

extern "C" void hw_ptx_suld(uint64_t* out, uint64_t object, const uint32_t* bits, uint32_t dimensions, uint32_t layered,
                            uint32_t size, uint32_t count, uint32_t beyond) {
    const char* at = surface_bytes(object, bits, dimensions, layered, size * count, beyond);
    for (uint32_t i = 0; i < count; ++i) {
        out[i] = 0;
        if (at) std::memcpy(out + i, at + i * size, size);
    }
}

extern "C" void hw_ptx_sust(const uint64_t* values, uint64_t object, const uint32_t* bits, uint32_t dimensions,
                            uint32_t layered, uint32_t size, uint32_t count, uint32_t beyond) {
    char* at = surface_bytes(object, bits, dimensions, layered, size * count, beyond);
    for (uint32_t i = 0; at && i < count; ++i) std::memcpy(at + i * size, values + i, size);
}
