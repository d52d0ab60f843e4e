// Arrays: opaque rows of elements with channels, as textures and surfaces read them.
#include "core.h"

#include <algorithm>

namespace hw::host {

static std::set<const Array*>& arrays() {
    static auto* it = new std::set<const Array*>;
    return *it;
}

size_t element_bytes(const Channels& channels) {
    int bits = 0;
    for (int b : channels.bits) bits += b;
    return size_t(bits) / 8;
}

static bool valid(const Channels& channels) {
    int count = 0;
    while (count < 4 && channels.bits[count]) ++count;
    for (int i = 0; i < 4; ++i)
        if (channels.bits[i] != (i < count ? channels.bits[0] : 0)) return false;
    int bits = channels.bits[0];
    bool sized = bits == 8 || bits == 16 || bits == 32;
    return sized && count != 0 && count != 3 && channels.kind >= 0 && channels.kind <= 2 && !(channels.kind == 2 && bits == 8);
}

Error create_array(Array** out, const Channels& channels, size_t width, size_t height, size_t depth, unsigned flags) {
    if (!out || !width || (depth && !height && !(flags & 1)) || !valid(channels)) return InvalidValue;
    auto array = std::make_unique<Array>();
    array->channels = channels;
    array->width = width;
    array->height = height;
    array->depth = depth;
    array->flags = flags;
    array->element = element_bytes(channels);
    array->pitch = width * array->element;
    array->bytes = array->pitch * std::max<size_t>(height, 1) * std::max<size_t>(depth, 1);
    array->device = current_device();
    void* data;
    if (Error e = allocate(&data, array->bytes, MemoryKind::array)) return e;
    array->data = static_cast<char*>(data);
    Locked locked(table_lock());
    arrays().insert(array.get());
    *out = array.release();
    return Ok;
}

bool alive(const Array* array) {
    Locked locked(table_lock());
    return arrays().count(array) != 0;
}

Error destroy_array(Array* array) {
    if (!array) return Ok;
    Locked locked(table_lock());
    if (!arrays().erase(array)) {
        fault("invalid-free", 0, "free of what is no array");
        return InvalidHandle;
    }
    Error error = array->owned ? release(array->data, MemoryKind::array) : Ok;
    delete array;
    return error;
}

}  // namespace hw::host
