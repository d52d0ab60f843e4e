// Memory, copies and fills in one spelling: GPU(Malloc) is hipMalloc or cudaMalloc. Included by hip.cpp and cuda.cpp.

#define DONE(result) return GPU(Error_t)(note(result))

static Error now_or_later(void* stream, const Copy& copy, bool async) {
    if (Error e = check(copy)) return e;
    if (!async)
        if (Error e = unsafe_in_capture()) return e;
    return copy.width && copy.height && copy.depth ? submit(stream, copy) : broken();
}

static Error now_or_later(void* stream, const Fill& fill, bool async) {
    if (Error e = check(fill)) return e;
    if (!async)
        if (Error e = unsafe_in_capture()) return e;
    return fill.width && fill.height && fill.depth ? submit(stream, fill) : broken();
}

static Array* core_array(const void* array) { return static_cast<Array*>(const_cast<void*>(array)); }

// -- allocation ----------------------------------------------------------------------------------------------------------------

static Error allocate_managed(void** pointer, size_t bytes, unsigned flags) {
    if (!pointer || !bytes || (flags != GPU(MemAttachGlobal) && flags != GPU(MemAttachHost))) return InvalidValue;
    return allocate(pointer, bytes, MemoryKind::managed, flags);
}

static Error check_hint(const void* pointer, size_t bytes, int device) {
    Allocation memory;
    if (!bytes || !find_memory(pointer, &memory) || memory.kind != MemoryKind::managed) return InvalidValue;
    if (static_cast<const char*>(pointer) + bytes > memory.start + memory.bytes) return InvalidValue;
    return device >= -1 && device < device_count() ? Ok : InvalidDevice;   // -1: the host
}

static Error allocate_pitched(void** pointer, size_t* pitch, size_t width, size_t rows) {
    if (!pointer || !pitch) return InvalidValue;
    *pitch = (width + pitch_granule() - 1) / pitch_granule() * pitch_granule();
    return allocate(pointer, *pitch * rows, MemoryKind::device);
}

extern "C" {

GPU(Error_t) GPU(Malloc)(void** pointer, size_t bytes) { DONE(allocate(pointer, bytes, MemoryKind::device)); }
GPU(Error_t) GPU(MallocManaged)(void** pointer, size_t bytes, unsigned flags) {
    DONE(allocate_managed(pointer, bytes, flags));
}
// Hints: memory is one here, so that only what would be refused matters.
#if !defined(CUDART_VERSION) || CUDART_VERSION < 13000
GPU(Error_t) GPU(MemAdvise)(const void* pointer, size_t bytes, GPU(MemoryAdvise), int device) {
    DONE(check_hint(pointer, bytes, device));
}
GPU(Error_t) GPU(MemPrefetchAsync)(const void* pointer, size_t bytes, int device, GPU(Stream_t)) {
    DONE(check_hint(pointer, bytes, device));
}
#else
GPU(Error_t) GPU(MemAdvise)(const void* pointer, size_t bytes, GPU(MemoryAdvise), GPU(MemLocation) place) {
    DONE(check_hint(pointer, bytes, place.type == GPU(MemLocationTypeDevice) ? place.id : -1));
}
GPU(Error_t) GPU(MemPrefetchAsync)(const void* pointer, size_t bytes, GPU(MemLocation) place, unsigned, GPU(Stream_t)) {
    DONE(check_hint(pointer, bytes, place.type == GPU(MemLocationTypeDevice) ? place.id : -1));
}
#endif
GPU(Error_t) GPU(MallocHost)(void** pointer, size_t bytes) { DONE(allocate(pointer, bytes, MemoryKind::host)); }
GPU(Error_t) GPU(HostAlloc)(void** pointer, size_t bytes, unsigned flags) {
    DONE(allocate(pointer, bytes, MemoryKind::host, flags));
}
GPU(Error_t) GPU(MallocPitch)(void** pointer, size_t* pitch, size_t width, size_t height) {
    DONE(allocate_pitched(pointer, pitch, width, height));
}
GPU(Error_t) GPU(Malloc3D)(GPU(PitchedPtr)* out, GPU(Extent) extent) {
    if (!out) DONE(InvalidValue);
    out->xsize = extent.width;
    out->ysize = extent.height;
    DONE(allocate_pitched(&out->ptr, &out->pitch, extent.width, extent.height * extent.depth));
}
GPU(Error_t) GPU(Free)(void* pointer) {
    if (!pointer) DONE(Ok);
    if (Error e = unsafe_in_capture()) DONE(e);
    DONE(release(pointer, MemoryKind::device));
}
GPU(Error_t) GPU(FreeHost)(void* pointer) { DONE(release(pointer, MemoryKind::host)); }
GPU(Error_t) GPU(HostRegister)(void* pointer, size_t bytes, unsigned flags) {
    DONE(register_host(pointer, bytes, flags));
}
GPU(Error_t) GPU(HostUnregister)(void* pointer) { DONE(unregister_host(pointer)); }

GPU(Error_t) GPU(HostGetDevicePointer)(void** out, void* host, unsigned flags) {
    Allocation in;
    if (!out || flags) DONE(InvalidValue);
    *out = nullptr;
    if (!find_memory(host, &in) || in.kind == MemoryKind::device) DONE(InvalidValue);
    *out = host;  // one address space: the device sees host memory where the host does
    DONE(Ok);
}
GPU(Error_t) GPU(HostGetFlags)(unsigned* flags, void* host) {
    Allocation in;
    bool known = flags && find_memory(host, &in) && (in.kind == MemoryKind::host || in.kind == MemoryKind::registered);
    if (!known) DONE(InvalidValue);
    *flags = in.flags;
    DONE(Ok);
}
GPU(Error_t) GPU(MemGetInfo)(size_t* free, size_t* total) {
    if (!free || !total) DONE(InvalidValue);
    *total = total_memory();
    *free = *total - bytes_in_use(current_device());
    DONE(Ok);
}

// -- linear copies -------------------------------------------------------------------------------------------------------------

GPU(Error_t) GPU(Memcpy)(void* to, const void* from, size_t bytes, GPU(MemcpyKind) kind) {
    DONE(now_or_later(nullptr, linear_copy(to, from, bytes, kind), false));
}
GPU(Error_t) GPU(MemcpyAsync)(void* to, const void* from, size_t bytes, GPU(MemcpyKind) kind, GPU(Stream_t) stream) {
    DONE(now_or_later(stream, linear_copy(to, from, bytes, kind), true));
}
GPU(Error_t) GPU(MemcpyPeer)(void* to, int to_device, const void* from, int from_device, size_t bytes) {
    if (!valid_device(to_device) || !valid_device(from_device)) DONE(InvalidDevice);
    DONE(now_or_later(nullptr, linear_copy(to, from, bytes, DeviceToDevice), false));
}
GPU(Error_t) GPU(MemcpyPeerAsync)(void* to, int to_device, const void* from, int from_device, size_t bytes,
                                  GPU(Stream_t) stream) {
    if (!valid_device(to_device) || !valid_device(from_device)) DONE(InvalidDevice);
    DONE(now_or_later(stream, linear_copy(to, from, bytes, DeviceToDevice), true));
}

// -- copies of planes and volumes -----------------------------------------------------------------------------------------------

GPU(Error_t) GPU(Memcpy2D)(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width, size_t height,
                           GPU(MemcpyKind) kind) {
    if (width > to_pitch || width > from_pitch) DONE(InvalidPitch);
    DONE(now_or_later(nullptr, plane_copy(to, to_pitch, from, from_pitch, width, height, kind), false));
}
GPU(Error_t) GPU(Memcpy2DAsync)(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                                size_t height, GPU(MemcpyKind) kind, GPU(Stream_t) stream) {
    if (width > to_pitch || width > from_pitch) DONE(InvalidPitch);
    DONE(now_or_later(stream, plane_copy(to, to_pitch, from, from_pitch, width, height, kind), true));
}

}  // extern "C"

static Copy to_array(GPU(Array_t) to, size_t x, size_t y, const void* from, size_t pitch, size_t width, size_t height,
                     int kind) {
    Copy copy = plane_copy(nullptr, 0, from, pitch, width, height, kind);
    copy.to.array = core_array(to);
    copy.to.x = x;
    copy.to.y = y;
    return copy;
}

static Copy from_array(void* to, size_t pitch, GPU(Array_const_t) from, size_t x, size_t y, size_t width, size_t height,
                       int kind) {
    Copy copy = plane_copy(to, pitch, nullptr, 0, width, height, kind);
    copy.from.array = core_array(from);
    copy.from.x = x;
    copy.from.y = y;
    return copy;
}

// A copy of `bytes` bytes that may go on in the next row of the array.
static Error array_run(GPU(Array_t) array, size_t x, size_t y, char* memory, size_t bytes, int kind, bool into,
                       void* stream, bool async) {
    Array* a = core_array(array);
    if (!alive(a)) return InvalidHandle;
    while (bytes) {
        if (x >= a->pitch) return InvalidValue;
        size_t part = bytes < a->pitch - x ? bytes : a->pitch - x;
        Error e = into ? now_or_later(stream, to_array(array, x, y, memory, part, part, 1, kind), async)
                       : now_or_later(stream, from_array(memory, part, array, x, y, part, 1, kind), async);
        if (e) return e;
        memory += part;
        bytes -= part;
        x = 0;
        ++y;
    }
    return Ok;
}

extern "C" {

GPU(Error_t) GPU(Memcpy2DToArray)(GPU(Array_t) to, size_t x, size_t y, const void* from, size_t pitch, size_t width,
                                  size_t height, GPU(MemcpyKind) kind) {
    DONE(now_or_later(nullptr, to_array(to, x, y, from, pitch, width, height, kind), false));
}
GPU(Error_t) GPU(Memcpy2DToArrayAsync)(GPU(Array_t) to, size_t x, size_t y, const void* from, size_t pitch, size_t width,
                                       size_t height, GPU(MemcpyKind) kind, GPU(Stream_t) stream) {
    DONE(now_or_later(stream, to_array(to, x, y, from, pitch, width, height, kind), true));
}
GPU(Error_t) GPU(Memcpy2DFromArray)(void* to, size_t pitch, GPU(Array_const_t) from, size_t x, size_t y, size_t width,
                                    size_t height, GPU(MemcpyKind) kind) {
    DONE(now_or_later(nullptr, from_array(to, pitch, from, x, y, width, height, kind), false));
}
GPU(Error_t) GPU(Memcpy2DFromArrayAsync)(void* to, size_t pitch, GPU(Array_const_t) from, size_t x, size_t y,
                                         size_t width, size_t height, GPU(MemcpyKind) kind, GPU(Stream_t) stream) {
    DONE(now_or_later(stream, from_array(to, pitch, from, x, y, width, height, kind), true));
}
GPU(Error_t) GPU(MemcpyToArray)(GPU(Array_t) to, size_t x, size_t y, const void* from, size_t bytes,
                                GPU(MemcpyKind) kind) {
    DONE(array_run(to, x, y, static_cast<char*>(const_cast<void*>(from)), bytes, kind, true, nullptr, false));
}
GPU(Error_t) GPU(MemcpyFromArray)(void* to, GPU(Array_const_t) from, size_t x, size_t y, size_t bytes,
                                  GPU(MemcpyKind) kind) {
    DONE(array_run(const_cast<GPU(Array_t)>(from), x, y, static_cast<char*>(to), bytes, kind, false, nullptr, false));
}
GPU(Error_t) GPU(Memcpy2DArrayToArray)(GPU(Array_t) to, size_t to_x, size_t to_y, GPU(Array_const_t) from, size_t from_x,
                                       size_t from_y, size_t width, size_t height, GPU(MemcpyKind) kind) {
    Copy copy = to_array(to, to_x, to_y, nullptr, 0, width, height, kind);
    copy.from.array = core_array(from);
    copy.from.x = from_x;
    copy.from.y = from_y;
    DONE(now_or_later(nullptr, copy, false));
}

}  // extern "C"

// Positions and widths count elements when an array takes part, bytes when none does.
template <class Params>
static Copy volume_copy(const Params& p, int kind) {
    Copy copy;
    Array *to = core_array(p.dstArray), *from = core_array(p.srcArray);
    size_t element = alive(to) ? to->element : alive(from) ? from->element : 1;
    copy.to.array = to;
    copy.to.base = static_cast<char*>(p.dstPtr.ptr);
    copy.to.pitch = p.dstPtr.pitch;
    copy.to.rows = p.dstPtr.ysize;
    copy.to.x = p.dstPos.x * (to ? element : 1);
    copy.to.y = p.dstPos.y;
    copy.to.z = p.dstPos.z;
    copy.from.array = from;
    copy.from.base = static_cast<char*>(p.srcPtr.ptr);
    copy.from.pitch = p.srcPtr.pitch;
    copy.from.rows = p.srcPtr.ysize;
    copy.from.x = p.srcPos.x * (from ? element : 1);
    copy.from.y = p.srcPos.y;
    copy.from.z = p.srcPos.z;
    copy.width = p.extent.width * element;
    copy.height = p.extent.height;
    copy.depth = p.extent.depth;
    copy.kind = kind;
    return copy;
}

extern "C" {

GPU(Error_t) GPU(Memcpy3D)(const GPU(Memcpy3DParms)* p) {
    if (!p) DONE(InvalidValue);
    DONE(now_or_later(nullptr, volume_copy(*p, p->kind), false));
}
GPU(Error_t) GPU(Memcpy3DAsync)(const GPU(Memcpy3DParms)* p, GPU(Stream_t) stream) {
    if (!p) DONE(InvalidValue);
    DONE(now_or_later(stream, volume_copy(*p, p->kind), true));
}

// -- symbols -------------------------------------------------------------------------------------------------------------------------

}  // extern "C"

static Error symbol_copy(const void* symbol, void* memory, size_t bytes, size_t offset, int kind, bool into, void* stream,
                         bool async) {
    bool fits_kind = kind == DeviceToDevice || kind == AnyKind || kind == (into ? HostToDevice : DeviceToHost);
    if (!fits_kind) return InvalidMemcpyDirection;
    Symbol found;
    if (Error e = find_symbol(symbol, &found)) return e;
    if (offset + bytes > found.bytes) {
        fault("out-of-bounds", 0, "copy of %zu bytes at offset %zu of a device variable of %zu bytes", bytes, offset,
              found.bytes);
        return InvalidValue;
    }
    char* address = found.address + offset;
    return now_or_later(stream, into ? linear_copy(address, memory, bytes, kind) : linear_copy(memory, address, bytes, kind),
                        async);
}

extern "C" {

GPU(Error_t) GPU(MemcpyToSymbol)(const void* symbol, const void* from, size_t bytes, size_t offset,
                                 GPU(MemcpyKind) kind) {
    DONE(symbol_copy(symbol, const_cast<void*>(from), bytes, offset, kind, true, nullptr, false));
}
GPU(Error_t) GPU(MemcpyToSymbolAsync)(const void* symbol, const void* from, size_t bytes, size_t offset,
                                      GPU(MemcpyKind) kind, GPU(Stream_t) stream) {
    DONE(symbol_copy(symbol, const_cast<void*>(from), bytes, offset, kind, true, stream, true));
}
GPU(Error_t) GPU(MemcpyFromSymbol)(void* to, const void* symbol, size_t bytes, size_t offset, GPU(MemcpyKind) kind) {
    DONE(symbol_copy(symbol, to, bytes, offset, kind, false, nullptr, false));
}
GPU(Error_t) GPU(MemcpyFromSymbolAsync)(void* to, const void* symbol, size_t bytes, size_t offset, GPU(MemcpyKind) kind,
                                        GPU(Stream_t) stream) {
    DONE(symbol_copy(symbol, to, bytes, offset, kind, false, stream, true));
}
GPU(Error_t) GPU(GetSymbolAddress)(void** out, const void* symbol) {
    Symbol found;
    if (!out) DONE(InvalidValue);
    if (Error e = find_symbol(symbol, &found)) DONE(e);
    *out = found.address;
    DONE(Ok);
}
GPU(Error_t) GPU(GetSymbolSize)(size_t* out, const void* symbol) {
    Symbol found;
    if (!out) DONE(InvalidValue);
    if (Error e = find_symbol(symbol, &found)) DONE(e);
    *out = found.bytes;
    DONE(Ok);
}

// -- fills -----------------------------------------------------------------------------------------------------------------------------

}  // extern "C"

static Fill byte_fill(void* start, int value, size_t pitch, size_t rows, size_t width, size_t height, size_t depth) {
    Fill fill = linear_fill(start, uint8_t(value), 1, width);
    fill.pitch = pitch;
    fill.rows = rows;
    fill.height = height;
    fill.depth = depth;
    return fill;
}

extern "C" {

GPU(Error_t) GPU(Memset)(void* to, int value, size_t bytes) {
    DONE(now_or_later(nullptr, linear_fill(to, uint8_t(value), 1, bytes), false));
}
GPU(Error_t) GPU(MemsetAsync)(void* to, int value, size_t bytes, GPU(Stream_t) stream) {
    DONE(now_or_later(stream, linear_fill(to, uint8_t(value), 1, bytes), true));
}
GPU(Error_t) GPU(Memset2D)(void* to, size_t pitch, int value, size_t width, size_t height) {
    DONE(now_or_later(nullptr, byte_fill(to, value, pitch, height, width, height, 1), false));
}
GPU(Error_t) GPU(Memset2DAsync)(void* to, size_t pitch, int value, size_t width, size_t height, GPU(Stream_t) stream) {
    DONE(now_or_later(stream, byte_fill(to, value, pitch, height, width, height, 1), true));
}
GPU(Error_t) GPU(Memset3D)(GPU(PitchedPtr) to, int value, GPU(Extent) extent) {
    DONE(now_or_later(nullptr, byte_fill(to.ptr, value, to.pitch, to.ysize, extent.width, extent.height, extent.depth), false));
}
GPU(Error_t) GPU(Memset3DAsync)(GPU(PitchedPtr) to, int value, GPU(Extent) extent, GPU(Stream_t) stream) {
    DONE(now_or_later(stream, byte_fill(to.ptr, value, to.pitch, to.ysize, extent.width, extent.height, extent.depth), true));
}

// -- stream-ordered allocation ---------------------------------------------------------------------------------------------------------

}  // extern "C"

static Error allocate_on_stream(void** out, size_t bytes, Pool* pool, void* stream) {
    Stream* found;
    if (Error e = find_stream(stream, &found)) return e;
    if (!out || !alive(pool)) return InvalidValue;
    if (Error e = allocate(out, bytes, MemoryKind::device, 0, pool)) return e;
    // In a capture the memory is there at once and stays: a graph's launches all use the same address.
    return found->capture ? submit(stream, Allocate{*out, bytes}) : Ok;
}

static Error free_on_stream(void* pointer, void* stream) {
    Stream* found;
    if (Error e = find_stream(stream, &found)) return e;
    Allocation in;
    if (!pointer) return InvalidValue;
    if (found->capture && !find_memory(pointer, &in)) return InvalidValue;
    return submit(stream, Release{pointer});
}

static Pool* core_pool(void* pool) { return static_cast<Pool*>(pool); }

extern "C" {

GPU(Error_t) GPU(MallocAsync)(void** out, size_t bytes, GPU(Stream_t) stream) {
    DONE(allocate_on_stream(out, bytes, current_pool(current_device()), stream));
}
GPU(Error_t) GPU(MallocFromPoolAsync)(void** out, size_t bytes, GPU(MemPool_t) pool, GPU(Stream_t) stream) {
    DONE(allocate_on_stream(out, bytes, core_pool(pool), stream));
}
GPU(Error_t) GPU(FreeAsync)(void* pointer, GPU(Stream_t) stream) { DONE(free_on_stream(pointer, stream)); }

GPU(Error_t) GPU(DeviceGetDefaultMemPool)(GPU(MemPool_t)* pool, int device) {
    if (!pool) DONE(InvalidValue);
    if (!valid_device(device)) DONE(InvalidDevice);
    *pool = reinterpret_cast<GPU(MemPool_t)>(default_pool(device));
    DONE(Ok);
}
GPU(Error_t) GPU(DeviceGetMemPool)(GPU(MemPool_t)* pool, int device) {
    if (!pool) DONE(InvalidValue);
    if (!valid_device(device)) DONE(InvalidDevice);
    *pool = reinterpret_cast<GPU(MemPool_t)>(current_pool(device));
    DONE(Ok);
}
GPU(Error_t) GPU(DeviceSetMemPool)(int device, GPU(MemPool_t) pool) {
    if (!valid_device(device)) DONE(InvalidDevice);
    if (!alive(core_pool(pool)) || core_pool(pool)->device != device) DONE(InvalidValue);
    current_pool(device) = core_pool(pool);
    DONE(Ok);
}
GPU(Error_t) GPU(MemPoolCreate)(GPU(MemPool_t)* pool, const GPU(MemPoolProps)* props) {
    if (!pool || !props || props->location.type != GPU(MemLocationTypeDevice)) DONE(InvalidValue);
    DONE(create_pool(reinterpret_cast<Pool**>(pool), props->location.id));
}
GPU(Error_t) GPU(MemPoolDestroy)(GPU(MemPool_t) pool) { DONE(destroy_pool(core_pool(pool))); }
GPU(Error_t) GPU(MemPoolTrimTo)(GPU(MemPool_t) pool, size_t) { DONE(alive(core_pool(pool)) ? Ok : InvalidValue); }
GPU(Error_t) GPU(MemPoolSetAccess)(GPU(MemPool_t) pool, const GPU(MemAccessDesc)* list, size_t count) {
    if (!alive(core_pool(pool)) || (count && !list)) DONE(InvalidValue);
    for (size_t i = 0; i < count; ++i)
        if (!valid_device(list[i].location.id)) DONE(InvalidDevice);
    DONE(Ok);  // every emulated device reaches all memory
}
GPU(Error_t) GPU(MemPoolSetAttribute)(GPU(MemPool_t) handle, enum GPU(MemPoolAttr) attribute, void* value) {
    Pool* pool = core_pool(handle);
    if (!alive(pool) || !value) DONE(InvalidValue);
    switch (attribute) {
    case GPU(MemPoolReuseFollowEventDependencies): pool->reuse[0] = *static_cast<int*>(value); break;
    case GPU(MemPoolReuseAllowOpportunistic): pool->reuse[1] = *static_cast<int*>(value); break;
    case GPU(MemPoolReuseAllowInternalDependencies): pool->reuse[2] = *static_cast<int*>(value); break;
    case GPU(MemPoolAttrReleaseThreshold): pool->release_threshold = *static_cast<uint64_t*>(value); break;
    case GPU(MemPoolAttrReservedMemHigh):
    case GPU(MemPoolAttrUsedMemHigh):
        if (*static_cast<uint64_t*>(value)) DONE(InvalidValue);
        pool->used_high = pool->used;
        break;
    default: DONE(InvalidValue);
    }
    DONE(Ok);
}
GPU(Error_t) GPU(MemPoolGetAttribute)(GPU(MemPool_t) handle, enum GPU(MemPoolAttr) attribute, void* value) {
    Pool* pool = core_pool(handle);
    if (!alive(pool) || !value) DONE(InvalidValue);
    switch (attribute) {
    case GPU(MemPoolReuseFollowEventDependencies): *static_cast<int*>(value) = int(pool->reuse[0]); break;
    case GPU(MemPoolReuseAllowOpportunistic): *static_cast<int*>(value) = int(pool->reuse[1]); break;
    case GPU(MemPoolReuseAllowInternalDependencies): *static_cast<int*>(value) = int(pool->reuse[2]); break;
    case GPU(MemPoolAttrReleaseThreshold): *static_cast<uint64_t*>(value) = pool->release_threshold; break;
    case GPU(MemPoolAttrReservedMemCurrent):
    case GPU(MemPoolAttrUsedMemCurrent): *static_cast<uint64_t*>(value) = pool->used; break;
    case GPU(MemPoolAttrReservedMemHigh):
    case GPU(MemPoolAttrUsedMemHigh): *static_cast<uint64_t*>(value) = pool->used_high; break;
    default: DONE(InvalidValue);
    }
    DONE(Ok);
}

// -- managed memory and attributes -------------------------------------------------------------------------------------------------------

GPU(Error_t) GPU(StreamAttachMemAsync)(GPU(Stream_t) stream, void* pointer, size_t, unsigned) {
    Allocation in;
    Stream* found;
    if (Error e = find_stream(stream, &found)) DONE(e);
    DONE(find_memory(pointer, &in) && in.kind == MemoryKind::managed ? Ok : InvalidValue);
}

GPU(Error_t) GPU(PointerGetAttributes)(POINTER_ATTRIBUTES* out, const void* pointer) {
    if (!out || !pointer) DONE(InvalidValue);
    *out = {};
    Allocation in;
    if (!find_memory(pointer, &in)) {
        out->type = GPU(MemoryTypeUnregistered);
        out->device = -2;  // the APIs' "invalid device"
        out->hostPointer = const_cast<void*>(pointer);
        DONE(Ok);
    }
    bool host = in.kind == MemoryKind::host || in.kind == MemoryKind::registered, managed = in.kind == MemoryKind::managed;
    out->type = managed ? GPU(MemoryTypeManaged) : host ? GPU(MemoryTypeHost) : GPU(MemoryTypeDevice);
    out->device = in.device;
    out->devicePointer = const_cast<void*>(pointer);
    out->hostPointer = host || managed ? const_cast<void*>(pointer) : nullptr;
    more_attributes(*out, in);
    DONE(Ok);
}

}  // extern "C"
