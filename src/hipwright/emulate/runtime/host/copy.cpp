// Copies and fills of up to three dimensions, checked for direction and range before a byte moves.
#include "core.h"

#include <cstring>

namespace hw::host {
namespace {

enum class Side { to, from };

bool is_host_side(Side side, int kind) {
    return side == Side::to ? kind == HostToHost || kind == DeviceToHost : kind == HostToHost || kind == HostToDevice;
}

size_t pitch_of(const Place& place) { return place.array ? place.array->pitch : place.pitch; }

size_t rows_of(const Place& place) {
    return place.array ? (place.array->height ? place.array->height : 1) : place.rows;
}

char* corner(const Place& place) {
    char* base = place.array ? place.array->data : place.base;
    return base + (place.z * rows_of(place) + place.y) * pitch_of(place) + place.x;
}

size_t span(size_t pitch, size_t rows, size_t width, size_t height, size_t depth) {
    return ((depth - 1) * rows + height - 1) * pitch + width;
}

// Reports an access of the API itself to memory that is not there.
Error outside(const char* what, const void* start, size_t bytes, const Allocation& in) {
    size_t before = static_cast<const char*>(start) - in.start;
    fault("out-of-bounds", 0, "%s %zu bytes at offset %zu of an allocation of %zu bytes", what, bytes, before, in.bytes);
    return InvalidValue;
}

Error check_range(const char* start, size_t bytes, const char* what, bool host_side, bool any) {
    Allocation in;
    if (find_memory(start, &in)) {
        if (host_side && (in.kind == MemoryKind::device || in.kind == MemoryKind::array)) {
            // Undefined by both manuals; unified addressing hides it, so the copy is made and the mistake told.
            fault("copy-direction", 0, "%s device memory where the copy kind says host memory", what);
        }
        // Registered memory is part of the program's own: there the program may go on beyond the registered part.
        if (in.kind == MemoryKind::registered) return Ok;
        return start + bytes > in.start + in.bytes ? outside(what, start, bytes, in) : Ok;
    }
    if (find_freed(start, &in)) {
        fault("out-of-bounds", 0, "%s %zu bytes of an allocation of %zu bytes after its free", what, bytes, in.bytes);
        return InvalidValue;
    }
    if (host_side || any) return Ok;  // plain host memory; a bad address faults by itself
    fault("copy-direction", 0, "%s host memory where the copy kind says device memory", what);
    return InvalidValue;
}

Error check_array(const Place& place, const Copy& copy) {
    const Array& a = *place.array;
    if (!alive(place.array)) return InvalidHandle;
    size_t rows = a.height ? a.height : 1, slices = a.depth ? a.depth : 1;
    bool fits = place.x + copy.width <= a.width * a.element && place.y + copy.height <= rows &&
                place.z + copy.depth <= slices;
    if (!fits) fault("out-of-bounds", 0, "copy of %zux%zux%zu leaves an array", copy.width, copy.height, copy.depth);
    return fits ? Ok : InvalidValue;
}

Error check_place(const Place& place, const Copy& copy, Side side) {
    if (place.array) return check_array(place, copy);
    if (!place.base) return InvalidValue;
    if (copy.height * copy.depth > 1 && place.pitch < copy.width + place.x) return InvalidPitch;
    size_t bytes = span(place.pitch, place.rows, copy.width, copy.height, copy.depth);
    const char* what = side == Side::to ? "copy writes" : "copy reads";
    return check_range(corner(place), bytes, what, is_host_side(side, copy.kind), copy.kind == AnyKind);
}

}  // namespace

Copy linear_copy(void* to, const void* from, size_t bytes, int kind) {
    Copy copy;
    copy.to.base = static_cast<char*>(to);
    copy.from.base = static_cast<char*>(const_cast<void*>(from));
    copy.width = bytes;
    copy.kind = kind;
    return copy;
}

Copy plane_copy(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width, size_t height, int kind) {
    Copy copy = linear_copy(to, from, width, kind);
    copy.to.pitch = to_pitch;
    copy.from.pitch = from_pitch;
    copy.height = height;
    copy.to.rows = copy.from.rows = height;
    return copy;
}

Fill linear_fill(void* start, uint32_t value, uint32_t element, size_t count) {
    Fill fill;
    fill.start = static_cast<char*>(start);
    fill.value = value;
    fill.element = element;
    fill.width = count;
    return fill;
}

Error check(const Copy& copy) {
    if (copy.kind < HostToHost || copy.kind > AnyKind) return InvalidMemcpyDirection;
    if (!copy.width || !copy.height || !copy.depth) return Ok;
    if (Error e = check_place(copy.to, copy, Side::to)) return e;
    return check_place(copy.from, copy, Side::from);
}

Error check(const Fill& fill) {
    if (!fill.width || !fill.height || !fill.depth) return Ok;
    if (!fill.start) return InvalidValue;
    size_t width = fill.width * fill.element;
    if (fill.height * fill.depth > 1 && fill.pitch < width) return InvalidPitch;
    Allocation in;
    size_t bytes = span(fill.pitch, fill.rows, width, fill.height, fill.depth);
    bool known = find_memory(fill.start, &in);
    if (known && in.kind == MemoryKind::registered) return Ok;
    if (known) return fill.start + bytes > in.start + in.bytes ? outside("fill writes", fill.start, bytes, in) : Ok;
    if (find_freed(fill.start, &in)) fault("out-of-bounds", 0, "fill of an allocation of %zu bytes after its free", in.bytes);
    else fault("copy-direction", 0, "fill of host memory");
    return InvalidValue;
}

Error perform(const Copy& copy) {
    if (Error e = check(copy)) return e;
    if (!copy.width) return Ok;
    char* to = corner(copy.to);
    const char* from = corner(copy.from);
    for (size_t z = 0; z < copy.depth; ++z) {
        for (size_t y = 0; y < copy.height; ++y) {
            std::memmove(to + (z * rows_of(copy.to) + y) * pitch_of(copy.to),
                         from + (z * rows_of(copy.from) + y) * pitch_of(copy.from), copy.width);
        }
    }
    return Ok;
}

Error perform(const Fill& fill) {
    if (Error e = check(fill)) return e;
    for (size_t z = 0; z < fill.depth; ++z) {
        for (size_t y = 0; y < fill.height; ++y) {
            char* row = fill.start + (z * fill.rows + y) * fill.pitch;
            if (fill.element == 1) {
                std::memset(row, int(fill.value), fill.width);
            } else {
                for (size_t x = 0; x < fill.width; ++x) std::memcpy(row + x * fill.element, &fill.value, fill.element);
            }
        }
    }
    return Ok;
}

}  // namespace hw::host
