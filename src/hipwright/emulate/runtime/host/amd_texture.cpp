// Image operations as AMD's device headers call them; see texture.h.
#include "texture.h"

#include "../device/device.h"

namespace {

using namespace hw;
using namespace hw::host;

const Image& image(const void* object) { return image_of(reinterpret_cast<uint64_t>(object)); }
Float4 floats(const Texel& texel) { return bits_as<Float4>(texel); }
Texel texel(Float4 value) { return bits_as<Texel>(value); }
int nearest(float layer) { return int(__builtin_nearbyintf(layer)); }

// Numbers of HSA's channel types and orders, from which device headers compute the size of an element.
int channel_type(const Image& it) {
    int bits = it.channels.bits[0], size = bits == 8 ? 0 : bits == 16 ? 1 : 2;
    if (it.channels.kind == 2) return bits == 16 ? 14 : 15;
    if (it.read_normalised) return (it.channels.kind == 0 ? 0 : 2) + size;
    return (it.channels.kind == 0 ? 8 : 11) + size;
}
int channel_order(const Image& it) { return it.channel_count == 1 ? 1 : it.channel_count == 2 ? 3 : 8; }

}  // namespace

// Coordinates: one number, or a vector whose last used element is the layer for arrays (names that end in `a`).
DEVICE(Float4, __ockl_image_load_1D, (const void* i, int c)) { return floats(fetch(image(i), c, 0, 0)); }
DEVICE(Float4, __ockl_image_load_1Db, (const void* i, int c)) { return floats(fetch(image(i), c, 0, 0)); }
DEVICE(Float4, __ockl_image_load_1Da, (const void* i, Int4 c)) { return floats(fetch(image(i), c.x, 0, c.y)); }
DEVICE(Float4, __ockl_image_load_2D, (const void* i, Int4 c)) { return floats(fetch(image(i), c.x, c.y, 0)); }
DEVICE(Float4, __ockl_image_load_2Da, (const void* i, Int4 c)) { return floats(fetch(image(i), c.x, c.y, c.z)); }
DEVICE(Float4, __ockl_image_load_3D, (const void* i, Int4 c)) { return floats(fetch(image(i), c.x, c.y, c.z)); }

DEVICE(void, __ockl_image_store_1D, (const void* i, int c, Float4 p)) { store(image(i), c, 0, 0, texel(p)); }
DEVICE(void, __ockl_image_store_1Da, (const void* i, Int4 c, Float4 p)) { store(image(i), c.x, 0, c.y, texel(p)); }
DEVICE(void, __ockl_image_store_2D, (const void* i, Int4 c, Float4 p)) { store(image(i), c.x, c.y, 0, texel(p)); }
DEVICE(void, __ockl_image_store_2Da, (const void* i, Int4 c, Float4 p)) { store(image(i), c.x, c.y, c.z, texel(p)); }
DEVICE(void, __ockl_image_store_3D, (const void* i, Int4 c, Float4 p)) { store(image(i), c.x, c.y, c.z, texel(p)); }

DEVICE(Float4, __ockl_image_sample_1D, (const void* i, const void*, float c)) { return floats(sample(image(i), 1, c)); }
DEVICE(Float4, __ockl_image_sample_1Da, (const void* i, const void*, Float4 c)) {
    return floats(sample(image(i), 1, c.x, 0, 0, nearest(c.y)));
}
DEVICE(Float4, __ockl_image_sample_2D, (const void* i, const void*, Float4 c)) {
    return floats(sample(image(i), 2, c.x, c.y));
}
DEVICE(Float4, __ockl_image_sample_2Da, (const void* i, const void*, Float4 c)) {
    return floats(sample(image(i), 2, c.x, c.y, 0, nearest(c.z)));
}
DEVICE(Float4, __ockl_image_sample_3D, (const void* i, const void*, Float4 c)) {
    return floats(sample(image(i), 3, c.x, c.y, c.z));
}

// There are no mipmaps here, so every level of detail is the one there is.
DEVICE(Float4, __ockl_image_sample_lod_1D, (const void* i, const void*, float c, float)) {
    return floats(sample(image(i), 1, c));
}
DEVICE(Float4, __ockl_image_sample_lod_1Da, (const void* i, const void*, Float4 c, float)) {
    return floats(sample(image(i), 1, c.x, 0, 0, nearest(c.y)));
}
DEVICE(Float4, __ockl_image_sample_lod_2D, (const void* i, const void*, Float4 c, float)) {
    return floats(sample(image(i), 2, c.x, c.y));
}
DEVICE(Float4, __ockl_image_sample_lod_2Da, (const void* i, const void*, Float4 c, float)) {
    return floats(sample(image(i), 2, c.x, c.y, 0, nearest(c.z)));
}
DEVICE(Float4, __ockl_image_sample_lod_3D, (const void* i, const void*, Float4 c, float)) {
    return floats(sample(image(i), 3, c.x, c.y, c.z));
}

DEVICE(Float4, __ockl_image_gather4r_2D, (const void* i, const void*, Float4 c)) {
    return floats(gather(image(i), c.x, c.y, 0));
}
DEVICE(Float4, __ockl_image_gather4g_2D, (const void* i, const void*, Float4 c)) {
    return floats(gather(image(i), c.x, c.y, 1));
}
DEVICE(Float4, __ockl_image_gather4b_2D, (const void* i, const void*, Float4 c)) {
    return floats(gather(image(i), c.x, c.y, 2));
}
DEVICE(Float4, __ockl_image_gather4a_2D, (const void* i, const void*, Float4 c)) {
    return floats(gather(image(i), c.x, c.y, 3));
}

#define CHANNELS(shape)                                                                                                 \
    DEVICE(int, __ockl_image_channel_data_type_##shape, (const void* i)) { return channel_type(image(i)); }              \
    DEVICE(int, __ockl_image_channel_order_##shape, (const void* i)) { return channel_order(image(i)); }
CHANNELS(1D)
CHANNELS(1Da)
CHANNELS(1Db)
CHANNELS(2D)
CHANNELS(2Da)
CHANNELS(3D)
