// Sampling of images: addressing, filtering and conversion, for both sides.
#include "texture.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace hw::host {
namespace {

float from_half(uint16_t half) {
    uint32_t sign = uint32_t(half & 0x8000) << 16, exponent = (half >> 10) & 31, fraction = half & 1023, bits;
    if (exponent == 31) bits = sign | 0x7f800000 | fraction << 13;
    else if (exponent) bits = sign | (exponent + 112) << 23 | fraction << 13;
    else {
        float small = std::ldexp(float(fraction), -24);
        std::memcpy(&bits, &small, 4);
        bits |= sign;
    }
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}

uint16_t to_half(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return uint16_t(sign | 0x7e00);
    if (magnitude >= 0x477ff000) return uint16_t(sign | 0x7c00);   // rounds to infinity
    if (magnitude < 0x38800000) {                                    // subnormal: fixed point of 2^-24
        float rounded = std::nearbyint(std::ldexp(std::fabs(value), 24));
        return uint16_t(sign | uint32_t(rounded));
    }
    uint32_t rest = magnitude & 0x1fff, kept = (magnitude - 0x38000000) >> 13;
    if (rest > 0x1000 || (rest == 0x1000 && (kept & 1))) ++kept;
    return uint16_t(sign | kept);
}

uint32_t bits_of(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    return bits;
}

float float_of(uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}

bool gives_floats(const Image& image) { return image.channels.kind == 2 || image.read_normalised; }

uint32_t read_channel(const Image& image, const char* at, int bits) {
    uint32_t raw = 0;
    std::memcpy(&raw, at, size_t(bits) / 8);
    if (image.channels.kind == 2) return bits == 16 ? bits_of(from_half(uint16_t(raw))) : raw;
    bool is_signed = image.channels.kind == 0;
    int32_t value = is_signed ? int32_t(raw << (32 - bits)) >> (32 - bits) : int32_t(raw);
    if (!image.read_normalised) return uint32_t(value);
    if (!is_signed) return bits_of(float(double(raw) / double((1ull << bits) - 1)));
    return bits_of(std::max(-1.0f, float(double(value) / double((1ull << (bits - 1)) - 1))));
}

Texel read(const Image& image, const char* at) {
    Texel texel = {{0, 0, 0, gives_floats(image) ? bits_of(1.0f) : 1u}};
    for (int i = 0; i < image.channel_count; ++i) {
        texel.bits[i] = read_channel(image, at, image.channels.bits[i]);
        at += image.channels.bits[i] / 8;
    }
    return texel;
}

// The texel that a coordinate outside of the image stands for; -1: the border.
int64_t addressed(AddressMode mode, int64_t at, int64_t size) {
    if (at >= 0 && at < size) return at;
    switch (mode) {
    case AddressMode::wrap: return ((at % size) + size) % size;
    case AddressMode::mirror: {
        int64_t turn = ((at % (2 * size)) + 2 * size) % (2 * size);
        return turn < size ? turn : 2 * size - 1 - turn;
    }
    case AddressMode::border: return -1;
    case AddressMode::clamp: break;
    }
    return at < 0 ? 0 : size - 1;
}

AddressMode mode_of(const Image& image, int dimension) {
    // Both APIs: wrapping and mirroring are for normalised coordinates only, else the edge is repeated.
    AddressMode mode = image.address[dimension];
    bool periodic = mode == AddressMode::wrap || mode == AddressMode::mirror;
    return periodic && !image.coordinates_normalised ? AddressMode::clamp : mode;
}

Texel border(const Image& image) {
    Texel texel;
    for (int i = 0; i < 4; ++i)
        texel.bits[i] = gives_floats(image) ? bits_of(image.border[i]) : uint32_t(int64_t(image.border[i]));
    return texel;
}

Texel addressed_texel(const Image& image, int64_t x, int64_t y, int64_t z) {
    x = addressed(mode_of(image, 0), x, int64_t(image.width));
    y = addressed(mode_of(image, 1), y, int64_t(image.height));
    z = image.layered ? z : addressed(mode_of(image, 2), z, int64_t(image.depth));
    if (x < 0 || y < 0 || z < 0) return border(image);
    return read(image, address_of(image, x, y, z));
}

// A coordinate in texels; beyond what fits an index it only has to lie outside.
double in_texels(const Image& image, float at, size_t size) {
    double texels = image.coordinates_normalised ? double(at) * double(size) : double(at);
    return std::isnan(texels) ? 0.0 : std::max(-1e9, std::min(1e9, texels));
}

struct Corner { int64_t first; double weight; };      // weight of the texel after `first`

Corner corner_of(double texels) {
    double at = texels - 0.5, first = std::floor(at);
    return {int64_t(first), std::nearbyint((at - first) * 256) / 256};
}

}  // namespace

char* address_of(const Image& image, int64_t x, int64_t y, int64_t z) {
    bool inside = x >= 0 && y >= 0 && z >= 0 && x < int64_t(image.width) && y < int64_t(image.height) &&
                  z < int64_t(image.depth);
    return inside ? image.data + (size_t(z) * image.height + size_t(y)) * image.pitch + size_t(x) * image.element : nullptr;
}

const Image& image_of(uint64_t object) {
    auto* image = reinterpret_cast<const Image*>(object);
    if (!image || image->alive != kImageAlive) fatal("out-of-bounds", 0, "use of a texture or surface object that does not exist");
    return *image;
}

Texel fetch(const Image& image, int64_t x, int64_t y, int64_t z) {
    const char* at = address_of(image, x, y, z);
    return at ? read(image, at) : Texel{{0, 0, 0, 0}};
}

Texel sample(const Image& image, int dimensions, float x, float y, float z, int layer) {
    if (image.linear_memory) fatal("out-of-bounds", 0, "linear memory sampled by coordinates instead of fetched by index");
    double at[3] = {in_texels(image, x, image.width), in_texels(image, y, image.height), in_texels(image, z, image.depth)};
    int64_t slice = std::max<int64_t>(0, std::min<int64_t>(layer, int64_t(image.depth) - 1));
    if (!image.filtered) {
        int64_t index[3] = {int64_t(std::floor(at[0])), 0, slice};
        if (dimensions > 1) index[1] = int64_t(std::floor(at[1]));
        if (dimensions > 2) index[2] = int64_t(std::floor(at[2]));
        return addressed_texel(image, index[0], index[1], index[2]);
    }
    Corner corner[3] = {corner_of(at[0]), {0, 0}, {slice, 0}};
    if (dimensions > 1) corner[1] = corner_of(at[1]);
    if (dimensions > 2) corner[2] = corner_of(at[2]);
    double sum[4] = {0, 0, 0, 0};
    for (int part = 0; part < 1 << dimensions; ++part) {
        double weight = 1;
        int64_t index[3];
        for (int d = 0; d < 3; ++d) {
            bool second = d < dimensions && (part >> d & 1);
            index[d] = corner[d].first + second;
            if (d < dimensions) weight *= second ? corner[d].weight : 1 - corner[d].weight;
        }
        if (weight == 0) continue;
        Texel texel = addressed_texel(image, index[0], index[1], index[2]);
        for (int i = 0; i < 4; ++i) sum[i] += weight * double(float_of(texel.bits[i]));
    }
    Texel result;
    for (int i = 0; i < 4; ++i) result.bits[i] = bits_of(float(sum[i]));
    return result;
}

Texel gather(const Image& image, float x, float y, int channel) {
    int64_t left = corner_of(in_texels(image, x, image.width)).first;
    int64_t top = corner_of(in_texels(image, y, image.height)).first;
    // Counter-clockwise from the lower left, as both manuals draw it.
    return {{addressed_texel(image, left, top + 1, 0).bits[channel], addressed_texel(image, left + 1, top + 1, 0).bits[channel],
             addressed_texel(image, left + 1, top, 0).bits[channel], addressed_texel(image, left, top, 0).bits[channel]}};
}

void store(const Image& image, int64_t x, int64_t y, int64_t z, const Texel& texel) {
    char* at = address_of(image, x, y, z);
    if (!at) return;
    for (int i = 0; i < image.channel_count; ++i) {
        int bits = image.channels.bits[i];
        uint32_t raw = texel.bits[i];
        if (image.channels.kind == 2 && bits == 16) raw = to_half(float_of(raw));
        std::memcpy(at, &raw, size_t(bits) / 8);
        at += bits / 8;
    }
}

// -- objects ---------------------------------------------------------------------------------------------------------------------

Error create_image(uint64_t* object, const Image& image) {
    if (!object) return InvalidValue;
    *object = reinterpret_cast<uint64_t>(new Image(image));
    return Ok;
}

bool image_alive(uint64_t object) {
    auto* image = reinterpret_cast<const Image*>(object);
    return image && image->alive == kImageAlive;
}

Error destroy_image(uint64_t object) {
    if (!object) return Ok;
    if (!image_alive(object)) return InvalidValue;
    reinterpret_cast<Image*>(object)->alive = 0;
    return Ok;
}

}  // namespace hw::host
