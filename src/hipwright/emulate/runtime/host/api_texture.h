// Arrays, texture and surface objects in one spelling; see api_memory.h.

#include "texture.h"

static Channels core_channels(const GPU(ChannelFormatDesc)& d) {
    Channels channels;
    channels.bits[0] = d.x;
    channels.bits[1] = d.y;
    channels.bits[2] = d.z;
    channels.bits[3] = d.w;
    channels.kind = int(d.f);
    return channels;
}

static GPU(ChannelFormatDesc) described(const Channels& channels) {
    GPU(ChannelFormatDesc) d = {};
    d.x = channels.bits[0];
    d.y = channels.bits[1];
    d.z = channels.bits[2];
    d.w = channels.bits[3];
    d.f = static_cast<decltype(d.f)>(channels.kind);
    return d;
}

constexpr unsigned kLayered = 1, kSurface = 2, kCubemap = 4, kGather = 8;

static Error make_array(GPU(Array_t)* out, const GPU(ChannelFormatDesc)* d, size_t width, size_t height, size_t depth,
                        unsigned flags) {
    if (!d) return InvalidValue;
    if (flags & kCubemap) hw_unsupported("cube map arrays");
    if (flags & ~(kLayered | kSurface | kGather)) return InvalidValue;
    return create_array(reinterpret_cast<Array**>(out), core_channels(*d), width, height, depth, flags);
}

// What object creation and the getters need: the object and what it was made from.
struct TextureRecord {
    GPU(ResourceDesc) resource;
    GPU(TextureDesc) texture;
    bool surface;
};
static std::map<uint64_t, TextureRecord>& texture_records() {
    static auto* it = new std::map<uint64_t, TextureRecord>;
    return *it;
}

static void set_channels(Image& image, const Channels& channels) {
    image.channels = channels;
    image.element = element_bytes(channels);
    while (image.channel_count < 4 && channels.bits[image.channel_count]) ++image.channel_count;
}

static Error image_from(const GPU(ResourceDesc)& r, Image* image) {
    Allocation in;
    switch (r.resType) {
    case GPU(ResourceTypeArray): {
        const Array* array = core_array(r.res.array.array);
        if (!alive(array)) return InvalidHandle;
        set_channels(*image, array->channels);
        image->data = array->data;
        image->width = array->width;
        image->height = array->height ? array->height : 1;
        image->depth = array->depth ? array->depth : 1;
        image->pitch = array->pitch;
        image->layered = array->flags & kLayered;
        return Ok;
    }
    case GPU(ResourceTypeLinear):
        set_channels(*image, core_channels(r.res.linear.desc));
        if (!image->element || !find_memory(r.res.linear.devPtr, &in)) return InvalidValue;
        image->data = static_cast<char*>(r.res.linear.devPtr);
        image->width = r.res.linear.sizeInBytes / image->element;
        image->pitch = r.res.linear.sizeInBytes;
        image->linear_memory = true;
        break;
    case GPU(ResourceTypePitch2D):
        set_channels(*image, core_channels(r.res.pitch2D.desc));
        if (!image->element || !find_memory(r.res.pitch2D.devPtr, &in)) return InvalidValue;
        image->data = static_cast<char*>(r.res.pitch2D.devPtr);
        image->width = r.res.pitch2D.width;
        image->height = r.res.pitch2D.height;
        image->pitch = r.res.pitch2D.pitchInBytes;
        if (image->pitch < image->width * image->element) return InvalidPitch;
        break;
    default: hw_unsupported("textures of mipmapped arrays");
    }
    size_t bytes = (image->height - 1) * image->pitch + image->width * image->element;
    if (image->data + bytes > in.start + in.bytes) {
        fault("out-of-bounds", 0, "a texture of %zu bytes on an allocation of %zu bytes", bytes, in.bytes);
        return InvalidValue;
    }
    return Ok;
}

template <class Object>
static Error make_texture(Object* out, const GPU(ResourceDesc)* r, const GPU(TextureDesc)* t) {
    if (!out || !r || !t) return InvalidValue;
    Image image;
    if (Error e = image_from(*r, &image)) return e;
    if (t->sRGB) hw_unsupported("textures that convert from sRGB");
    for (int d = 0; d < 3; ++d) {
        if (int(t->addressMode[d]) < 0 || int(t->addressMode[d]) > 3) return InvalidValue;
        image.address[d] = AddressMode(t->addressMode[d]);
    }
    for (int i = 0; i < 4; ++i) image.border[i] = t->borderColor[i];
    image.filtered = t->filterMode == GPU(FilterModeLinear) && !image.linear_memory;
    image.read_normalised = t->readMode == GPU(ReadModeNormalizedFloat);
    image.coordinates_normalised = t->normalizedCoords != 0;
    bool floats = image.channels.kind == 2 || image.read_normalised;
    if (image.filtered && !floats) return InvalidValue;
    if (image.read_normalised && (image.channels.kind == 2 || image.channels.bits[0] == 32)) {
        if (image.channels.kind != 2) return InvalidValue;
        image.read_normalised = false;  // floats are what they are
    }
    uint64_t object;
    if (Error e = create_image(&object, image)) return e;
    Locked locked(table_lock());
    texture_records()[object] = {*r, *t, false};
    *out = Object(object);
    return Ok;
}

template <class Object>
static Error make_surface(Object* out, const GPU(ResourceDesc)* r) {
    if (!out || !r || r->resType != GPU(ResourceTypeArray)) return InvalidValue;
    Image image;
    if (Error e = image_from(*r, &image)) return e;
    uint64_t object;
    if (Error e = create_image(&object, image)) return e;
    Locked locked(table_lock());
    texture_records()[object] = {*r, {}, true};
    *out = Object(object);
    return Ok;
}

template <class Object>
static const TextureRecord* texture_record(Object object) {
    Locked locked(table_lock());
    auto it = texture_records().find(uint64_t(object));
    return it != texture_records().end() && image_alive(it->first) ? &it->second : nullptr;
}

template <class Object>
static Error drop_object(Object object) {
    if (!object) return Ok;
    if (!texture_record(object)) return InvalidValue;
    return destroy_image(uint64_t(object));
}

extern "C" {

GPU(ChannelFormatDesc) GPU(CreateChannelDesc)(int x, int y, int z, int w, enum GPU(ChannelFormatKind) kind) {
    GPU(ChannelFormatDesc) d = {};
    d.x = x;
    d.y = y;
    d.z = z;
    d.w = w;
    d.f = kind;
    return d;
}
GPU(Error_t) GPU(MallocArray)(GPU(Array_t)* out, const GPU(ChannelFormatDesc)* d, size_t width, size_t height,
                              unsigned flags) {
    DONE(make_array(out, d, width, height, 0, flags));
}
GPU(Error_t) GPU(Malloc3DArray)(GPU(Array_t)* out, const GPU(ChannelFormatDesc)* d, GPU(Extent) extent, unsigned flags) {
    DONE(make_array(out, d, extent.width, extent.height, extent.depth, flags));
}
GPU(Error_t) GPU(FreeArray)(GPU(Array_t) array) { DONE(destroy_array(core_array(array))); }
GPU(Error_t) GPU(ArrayGetInfo)(GPU(ChannelFormatDesc)* d, GPU(Extent)* extent, unsigned* flags, GPU(Array_t) handle) {
    const Array* array = core_array(handle);
    if (!alive(array)) DONE(InvalidHandle);
    if (d) *d = described(array->channels);
    if (extent) {
        extent->width = array->width;
        extent->height = array->height;
        extent->depth = array->depth;
    }
    if (flags) *flags = array->flags;
    DONE(Ok);
}
GPU(Error_t) GPU(GetChannelDesc)(GPU(ChannelFormatDesc)* d, GPU(Array_const_t) handle) {
    const Array* array = core_array(handle);
    if (!d) DONE(InvalidValue);
    if (!alive(array)) DONE(InvalidHandle);
    *d = described(array->channels);
    DONE(Ok);
}

GPU(Error_t) GPU(CreateTextureObject)(GPU(TextureObject_t)* out, const GPU(ResourceDesc)* r, const GPU(TextureDesc)* t,
                                      const struct GPU(ResourceViewDesc)* view) {
    if (view) hw_unsupported(TEXT(CreateTextureObject) " with a resource view");
    DONE(make_texture(out, r, t));
}
GPU(Error_t) GPU(DestroyTextureObject)(GPU(TextureObject_t) object) { DONE(drop_object(object)); }
GPU(Error_t) GPU(GetTextureObjectResourceDesc)(GPU(ResourceDesc)* out, GPU(TextureObject_t) object) {
    const TextureRecord* record = texture_record(object);
    if (!out || !record) DONE(InvalidValue);
    *out = record->resource;
    DONE(Ok);
}
GPU(Error_t) GPU(GetTextureObjectTextureDesc)(GPU(TextureDesc)* out, GPU(TextureObject_t) object) {
    const TextureRecord* record = texture_record(object);
    if (!out || !record) DONE(InvalidValue);
    *out = record->texture;
    DONE(Ok);
}
GPU(Error_t) GPU(CreateSurfaceObject)(GPU(SurfaceObject_t)* out, const GPU(ResourceDesc)* r) {
    DONE(make_surface(out, r));
}
GPU(Error_t) GPU(DestroySurfaceObject)(GPU(SurfaceObject_t) object) { DONE(drop_object(object)); }

}  // extern "C"
