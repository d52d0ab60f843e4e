// Devices, their properties and errors in one spelling; see api_memory.h.

#include <cstdio>
#include <cstring>

static void fill_properties(GPU_PROPERTIES& p, int device) {
    const DeviceFacts& f = facts();
    p = {};
    std::snprintf(p.name, sizeof p.name, "%s", f.product);
    std::snprintf(p.uuid.bytes, sizeof p.uuid.bytes, "hipwright-emu-%d", device);
    p.totalGlobalMem = total_memory();
    p.sharedMemPerBlock = hw_target.is_cuda ? 49152 : hw_target.lds_per_block;
    p.regsPerBlock = p.regsPerMultiprocessor = f.registers_per_block;
    p.warpSize = int(hw_target.wave);
    p.memPitch = 0x7fffffff;
    p.maxThreadsPerBlock = kMaxBlock;
    p.maxThreadsDim[0] = p.maxThreadsDim[1] = 1024;
    p.maxThreadsDim[2] = hw_target.is_cuda ? 64 : 1024;
    p.maxGridSize[0] = 0x7fffffff;
    p.maxGridSize[1] = p.maxGridSize[2] = 65535;
    p.clockRate = f.clock_khz;
    p.totalConstMem = hw_target.is_cuda ? 65536 : 0x7fffffff;
    p.major = f.major;
    p.minor = f.minor;
    p.textureAlignment = hw_target.is_cuda ? 512 : 256;
    p.texturePitchAlignment = hw_target.is_cuda ? 32 : 256;
    p.surfaceAlignment = hw_target.is_cuda ? 512 : 256;
    p.deviceOverlap = p.concurrentKernels = p.canMapHostMemory = p.unifiedAddressing = 1;
    p.multiProcessorCount = f.processors;
    p.maxTexture1D = p.maxSurface1D = hw_target.is_cuda ? 131072 : 16384;
    p.maxTexture1DLinear = 1 << 28;
    p.maxTexture2D[0] = p.maxSurface2D[0] = hw_target.is_cuda ? 131072 : 16384;
    p.maxTexture2D[1] = p.maxSurface2D[1] = hw_target.is_cuda ? 65536 : 16384;
    for (int i = 0; i < 3; ++i) p.maxTexture3D[i] = p.maxSurface3D[i] = hw_target.is_cuda ? 16384 : (i < 2 ? 16384 : 8192);
    p.pciBusID = device + 1;
    p.asyncEngineCount = hw_target.is_cuda ? 3 : 2;
    p.memoryClockRate = f.memory_clock_khz;
    p.memoryBusWidth = f.bus_bits;
    p.l2CacheSize = int(f.l2_bytes);
    p.maxThreadsPerMultiProcessor = f.max_threads_per_processor;
    p.maxBlocksPerMultiProcessor = f.max_blocks_per_processor;
    p.streamPrioritiesSupported = p.globalL1CacheSupported = p.localL1CacheSupported = 1;
    p.sharedMemPerMultiprocessor = f.lds_per_processor;
    p.sharedMemPerBlockOptin = f.lds_optin;
    p.reservedSharedMemPerBlock = hw_target.is_cuda ? 1024 : 0;
    p.managedMemory = p.concurrentManagedAccess = p.computePreemptionSupported = 1;
    p.canUseHostPointerForRegisteredMem = p.hostRegisterSupported = 1;
    p.cooperativeLaunch = 1;
    p.memoryPoolsSupported = 1;
    p.singleToDoublePrecisionPerfRatio = 2;
    p.ECCEnabled = hw_target.is_cuda ? 1 : 0;
    more_properties(p, f);
}

static Error find_attribute(int* out, int attribute, int device) {
    if (!out) return InvalidValue;
    if (!valid_device(device)) return InvalidDevice;
    GPU_PROPERTIES p;
    fill_properties(p, device);
    return attribute_of(p, attribute, out) ? Ok : InvalidValue;
}

static const Named* find_error(int code) {
    for (const Named& it : kErrors)
        if (it.code == code) return &it;
    return nullptr;
}

extern "C" {

GPU(Error_t) GPU(GetLastError)() { return GPU(Error_t)(last_error(true)); }
GPU(Error_t) GPU(PeekAtLastError)() { return GPU(Error_t)(last_error(false)); }
const char* GPU(GetErrorName)(GPU(Error_t) error) {
    const Named* found = find_error(int(error));
    return found ? found->name : UNKNOWN_ERROR_NAME;
}
const char* GPU(GetErrorString)(GPU(Error_t) error) {
    const Named* found = find_error(int(error));
    return found ? found->text : UNKNOWN_ERROR_TEXT;
}

GPU(Error_t) GPU(GetDeviceCount)(int* count) {
    if (!count) DONE(InvalidValue);
    *count = device_count();
    DONE(*count ? Ok : NoDevice);
}
GPU(Error_t) GPU(SetDevice)(int device) { DONE(select_device(device)); }
GPU(Error_t) GPU(GetDevice)(int* device) {
    if (!device) DONE(InvalidValue);
    if (!device_count()) DONE(NoDevice);
    *device = current_device();
    DONE(Ok);
}
GPU(Error_t) GPU(DeviceSynchronize)() { DONE(synchronise_device()); }
GPU(Error_t) GPU(DeviceReset)() {
    reset_device();
    DONE(Ok);
}
GPU(Error_t) GPU_GET_PROPERTIES(GPU_PROPERTIES* p, int device) {
    if (!p) DONE(InvalidValue);
    if (!valid_device(device)) DONE(InvalidDevice);
    fill_properties(*p, device);
    DONE(Ok);
}
GPU(Error_t) GPU(DeviceGetAttribute)(int* out, GPU_ATTRIBUTE attribute, int device) {
    DONE(find_attribute(out, int(attribute), device));
}
GPU(Error_t) GPU(ChooseDevice)(int* device, const GPU_PROPERTIES* p) {
    if (!device || !p) DONE(InvalidValue);
    *device = 0;  // all emulated devices are alike
    DONE(Ok);
}
GPU(Error_t) GPU(SetValidDevices)(int* devices, int count) {
    if (!devices || count < 0) DONE(InvalidValue);
    for (int i = 0; i < count; ++i)
        if (!valid_device(devices[i])) DONE(InvalidDevice);
    DONE(count ? select_device(devices[0]) : Ok);
}

static thread_local unsigned device_flags = 0;
GPU(Error_t) GPU(SetDeviceFlags)(unsigned flags) {
    if (flags & ~31u) DONE(InvalidValue);
    device_flags = flags;  // how the host waits: nothing here waits
    DONE(Ok);
}
GPU(Error_t) GPU(GetDeviceFlags)(unsigned* flags) {
    if (!flags) DONE(InvalidValue);
    *flags = device_flags;
    DONE(Ok);
}

static int cache_preference = 0, bank_size = 0;
GPU(Error_t) GPU(DeviceSetCacheConfig)(enum GPU_CACHE config) {
    cache_preference = int(config);
    DONE(Ok);
}
GPU(Error_t) GPU(DeviceGetCacheConfig)(enum GPU_CACHE* config) {
    if (!config) DONE(InvalidValue);
    *config = static_cast<enum GPU_CACHE>(cache_preference);
    DONE(Ok);
}
GPU(Error_t) GPU(DeviceSetSharedMemConfig)(enum GPU(SharedMemConfig) config) {
    if (config < 0 || config > 2) DONE(InvalidValue);
    bank_size = int(config);
    DONE(Ok);
}
GPU(Error_t) GPU(DeviceGetSharedMemConfig)(enum GPU(SharedMemConfig)* config) {
    if (!config) DONE(InvalidValue);
    *config = static_cast<enum GPU(SharedMemConfig)>(bank_size);
    DONE(Ok);
}

// Stack, printf buffer and malloc heap grow with the host's memory: limits are kept so that they read back.
static size_t limits[] = {1024, 1 << 20, 8 << 20};
GPU(Error_t) GPU(DeviceSetLimit)(enum GPU_LIMIT limit, size_t value) {
    if (int(limit) < 0 || int(limit) > 2) DONE(LIMIT_ERROR);
    limits[int(limit)] = value;
    DONE(Ok);
}
GPU(Error_t) GPU(DeviceGetLimit)(size_t* value, enum GPU_LIMIT limit) {
    if (!value) DONE(InvalidValue);
    if (int(limit) < 0 || int(limit) > 2) DONE(LIMIT_ERROR);
    *value = limits[int(limit)];
    DONE(Ok);
}

GPU(Error_t) GPU(DriverGetVersion)(int* version) {
    if (!version) DONE(InvalidValue);
    *version = GPU_VERSION;
    DONE(Ok);
}
GPU(Error_t) GPU(RuntimeGetVersion)(int* version) {
    if (!version) DONE(InvalidValue);
    *version = GPU_VERSION;
    DONE(Ok);
}

// -- peers ----------------------------------------------------------------------------------------------------------------------

GPU(Error_t) GPU(DeviceCanAccessPeer)(int* out, int device, int peer) {
    if (!out) DONE(InvalidValue);
    if (!valid_device(device) || !valid_device(peer)) DONE(InvalidDevice);
    *out = can_access_peer(device, peer);
    DONE(Ok);
}
GPU(Error_t) GPU(DeviceEnablePeerAccess)(int peer, unsigned flags) { DONE(flags ? InvalidValue : enable_peer(peer)); }
GPU(Error_t) GPU(DeviceDisablePeerAccess)(int peer) { DONE(disable_peer(peer)); }

// -- bus addresses -----------------------------------------------------------------------------------------------------------------

GPU(Error_t) GPU(DeviceGetPCIBusId)(char* text, int length, int device) {
    if (!text || length <= 0) DONE(InvalidValue);
    if (!valid_device(device)) DONE(InvalidDevice);
    int written = std::snprintf(text, size_t(length), "0000:%02X:00.0", device + 1);
    DONE(written < length ? Ok : InvalidValue);
}
GPU(Error_t) GPU(DeviceGetByPCIBusId)(int* device, const char* text) {
    if (!device || !text) DONE(InvalidValue);
    unsigned domain = 0, bus = 0, slot = 0;
    bool read = std::sscanf(text, "%x:%x:%x", &domain, &bus, &slot) == 3 || std::sscanf(text, "%x:%x", &bus, &slot) == 2;
    if (!read || domain || slot || !valid_device(int(bus) - 1)) DONE(InvalidDevice);
    *device = int(bus) - 1;
    DONE(Ok);
}

// -- profilers watch real devices: here there is nothing to start ---------------------------------------------------------------------

GPU(Error_t) GPU(ProfilerStart)() { return GPU(Success); }
GPU(Error_t) GPU(ProfilerStop)() { return GPU(Success); }

}  // extern "C"
