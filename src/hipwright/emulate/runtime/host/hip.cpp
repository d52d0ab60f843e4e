// HIP's spelling of the host side, checked against the real HIP headers.
#define __HIP_DISABLE_CPP_FUNCTIONS__
#include <hip/hip_runtime_api.h>

#include "core.h"

using namespace hw;
using namespace hw::host;

#define GPU(name) hip##name
#define TEXT(name) "hip" #name
#define REGISTER(name) __hip##name
#define PUSH_RESULT hipError_t
#define PUSH_STREAM hipStream_t
#define POP_STREAM hipStream_t*
#define COOPERATIVE_LDS unsigned
#define CONST_IN_CUDA
#define POINTER_ATTRIBUTES hipPointerAttribute_t
#define GPU_CACHE hipFuncCache_t
#define GPU_LIMIT hipLimit_t
#define GPU_PROPERTIES hipDeviceProp_t
#define GPU_GET_PROPERTIES hipGetDeviceProperties
#define GPU_ATTRIBUTE hipDeviceAttribute_t
#define GPU_VERSION HIP_VERSION
#define GPU_NAME "ROCm"
#define LIMIT_ERROR Error(hipErrorUnsupportedLimit)
#define UNKNOWN_ERROR_NAME "hipErrorUnknown"
#define UNKNOWN_ERROR_TEXT "unknown error"

#include "errors.h"

static const Named kErrors[] = {
    COMMON_ERRORS
    SAME(ErrorOutOfMemory, "out of memory")
    SAME(ErrorNotInitialized, "initialization error")
    SAME(ErrorDeinitialized, "driver shutting down")
    SAME(ErrorInvalidImage, "device kernel image is invalid")
    SAME(ErrorInvalidContext, "invalid device context")
    SAME(ErrorContextAlreadyCurrent, "context is already current context")
    SAME(ErrorUnmapFailed, "unmapping of buffer object failed")
    SAME(ErrorNoBinaryForGpu, "no kernel image is available for execution on the device")
    SAME(ErrorECCNotCorrectable, "uncorrectable ECC error encountered")
    SAME(ErrorContextAlreadyInUse, "exclusive-thread device already in use by a different thread")
    SAME(ErrorInvalidKernelFile, "invalid kernel file")
    SAME(ErrorInvalidHandle, "invalid resource handle")
    SAME(ErrorNotFound, "named symbol not found")
    SAME(ErrorLaunchTimeOut, "the launch timed out and was terminated")
    SAME(ErrorRuntimeMemory, "runtime memory call returned error")
    SAME(ErrorRuntimeOther, "runtime call other than memory returned error")
};

static void more_attributes(hipPointerAttribute_t& out, const Allocation& in) {
    out.isManaged = in.kind == MemoryKind::managed;
    out.allocationFlags = in.flags;
}

static bool is_launch_hint(const hipLaunchAttribute& attribute) {
    return attribute.id == hipLaunchAttributePriority || attribute.id == hipLaunchAttributeAccessPolicyWindow;
}

static void more_properties(hipDeviceProp_t& p, const DeviceFacts& f) {
    std::snprintf(p.gcnArchName, sizeof p.gcnArchName, "%s", f.arch);
    p.maxSharedMemoryPerMultiProcessor = f.lds_per_processor;
    p.clockInstructionRate = 100000;
    p.cooperativeMultiDeviceLaunch = 1;
    p.isLargeBar = 1;
    p.arch.hasGlobalInt32Atomics = p.arch.hasGlobalFloatAtomicExch = p.arch.hasSharedInt32Atomics = 1;
    p.arch.hasSharedFloatAtomicExch = p.arch.hasFloatAtomicAdd = p.arch.hasGlobalInt64Atomics = 1;
    p.arch.hasSharedInt64Atomics = p.arch.hasDoubles = p.arch.hasWarpVote = p.arch.hasWarpBallot = 1;
    p.arch.hasWarpShuffle = p.arch.hasThreadFenceSystem = p.arch.has3dGrid = 1;
}

// What the properties don't say is not answered: an unknown attribute is an invalid value, not a zero.
static bool attribute_of(const hipDeviceProp_t& p, int attribute, int* out) {
    switch (attribute) {
#define IS(name, value) case hipDeviceAttribute##name: *out = int(value); return true;
    IS(EccEnabled, p.ECCEnabled) IS(AsyncEngineCount, p.asyncEngineCount) IS(CanMapHostMemory, p.canMapHostMemory)
    IS(CanUseHostPointerForRegisteredMem, p.canUseHostPointerForRegisteredMem) IS(ClockRate, p.clockRate)
    IS(ComputeMode, p.computeMode) IS(ComputePreemptionSupported, p.computePreemptionSupported)
    IS(ConcurrentKernels, p.concurrentKernels) IS(ConcurrentManagedAccess, p.concurrentManagedAccess)
    IS(CooperativeLaunch, p.cooperativeLaunch) IS(DeviceOverlap, p.deviceOverlap)
    IS(DirectManagedMemAccessFromHost, p.directManagedMemAccessFromHost)
    IS(GlobalL1CacheSupported, p.globalL1CacheSupported) IS(HostNativeAtomicSupported, p.hostNativeAtomicSupported)
    IS(Integrated, p.integrated) IS(IsMultiGpuBoard, p.isMultiGpuBoard) IS(KernelExecTimeout, p.kernelExecTimeoutEnabled)
    IS(L2CacheSize, p.l2CacheSize) IS(LocalL1CacheSupported, p.localL1CacheSupported)
    IS(ComputeCapabilityMajor, p.major) IS(ManagedMemory, p.managedMemory)
    IS(MaxBlocksPerMultiProcessor, p.maxBlocksPerMultiProcessor) IS(MaxBlockDimX, p.maxThreadsDim[0])
    IS(MaxBlockDimY, p.maxThreadsDim[1]) IS(MaxBlockDimZ, p.maxThreadsDim[2]) IS(MaxGridDimX, p.maxGridSize[0])
    IS(MaxGridDimY, p.maxGridSize[1]) IS(MaxGridDimZ, p.maxGridSize[2]) IS(MaxSurface1D, p.maxSurface1D)
    IS(MaxTexture1DWidth, p.maxTexture1D) IS(MaxTexture1DLinear, p.maxTexture1DLinear)
    IS(MaxTexture2DWidth, p.maxTexture2D[0]) IS(MaxTexture2DHeight, p.maxTexture2D[1])
    IS(MaxTexture3DWidth, p.maxTexture3D[0]) IS(MaxTexture3DHeight, p.maxTexture3D[1])
    IS(MaxTexture3DDepth, p.maxTexture3D[2]) IS(MaxThreadsPerBlock, p.maxThreadsPerBlock)
    IS(MaxThreadsPerMultiProcessor, p.maxThreadsPerMultiProcessor) IS(MaxPitch, p.memPitch)
    IS(MemoryBusWidth, p.memoryBusWidth) IS(MemoryClockRate, p.memoryClockRate) IS(ComputeCapabilityMinor, p.minor)
    IS(MultiprocessorCount, p.multiProcessorCount) IS(PageableMemoryAccess, p.pageableMemoryAccess)
    IS(PageableMemoryAccessUsesHostPageTables, p.pageableMemoryAccessUsesHostPageTables) IS(PciBusId, p.pciBusID)
    IS(PciDeviceId, p.pciDeviceID) IS(PciDomainID, p.pciDomainID) IS(MaxRegistersPerBlock, p.regsPerBlock)
    IS(MaxRegistersPerMultiprocessor, p.regsPerMultiprocessor)
    IS(ReservedSharedMemPerBlock, p.reservedSharedMemPerBlock) IS(MaxSharedMemoryPerBlock, p.sharedMemPerBlock)
    IS(SharedMemPerBlockOptin, p.sharedMemPerBlockOptin) IS(SharedMemPerMultiprocessor, p.sharedMemPerMultiprocessor)
    IS(MaxSharedMemoryPerMultiprocessor, p.maxSharedMemoryPerMultiProcessor)
    IS(SingleToDoublePrecisionPerfRatio, p.singleToDoublePrecisionPerfRatio)
    IS(StreamPrioritiesSupported, p.streamPrioritiesSupported) IS(SurfaceAlignment, p.surfaceAlignment)
    IS(TccDriver, p.tccDriver) IS(TextureAlignment, p.textureAlignment)
    IS(TexturePitchAlignment, p.texturePitchAlignment) IS(TotalConstantMemory, p.totalConstMem)
    IS(UnifiedAddressing, p.unifiedAddressing) IS(WarpSize, p.warpSize) IS(MemoryPoolsSupported, p.memoryPoolsSupported)
    IS(VirtualMemoryManagementSupported, 0) IS(HostRegisterSupported, p.hostRegisterSupported)
    IS(ClockInstructionRate, p.clockInstructionRate) IS(IsLargeBar, p.isLargeBar) IS(AsicRevision, p.asicRevision)
    IS(PhysicalMultiProcessorCount, p.multiProcessorCount) IS(FineGrainSupport, 1) IS(WallClockRate, 100000)
    IS(ImageSupport, 1) IS(CooperativeMultiDeviceLaunch, 0)
#undef IS
    default: return false;
    }
}

#include "api_memory.h"
#include "api_stream.h"
#include "api_device.h"
#include "api_graph.h"
#include "api_texture.h"

extern "C" {

hipError_t hipGraphInstantiate(hipGraphExec_t* out, hipGraph_t graph, hipGraphNode_t* culprit, char* log, size_t bytes) {
    if (culprit) *culprit = nullptr;
    if (log && bytes) *log = 0;
    DONE(instantiate(reinterpret_cast<Executable**>(out), core_graph(graph), 0));
}
hipError_t hipGraphExecUpdate(hipGraphExec_t executable, hipGraph_t graph, hipGraphNode_t* culprit,
                              hipGraphExecUpdateResult* result) {
    if (!culprit || !result) DONE(InvalidValue);
    int found = 0;
    Error e = update(core_executable(executable), core_graph(graph), reinterpret_cast<Node**>(culprit), &found);
    *result = static_cast<hipGraphExecUpdateResult>(found);
    DONE(e);
}

// -- names that only HIP has ------------------------------------------------------------------------------------------------------

hipError_t hipHostMalloc(void** pointer, size_t bytes, unsigned flags) {
    DONE(allocate(pointer, bytes, MemoryKind::host, flags));
}
hipError_t hipMemAllocHost(void** pointer, size_t bytes) { DONE(allocate(pointer, bytes, MemoryKind::host)); }
hipError_t hipHostFree(void* pointer) { DONE(release(pointer, MemoryKind::host)); }
hipError_t hipExtMallocWithFlags(void** pointer, size_t bytes, unsigned flags) {
    DONE(allocate(pointer, bytes, MemoryKind::device, flags));
}
hipError_t hipMemcpyWithStream(void* to, const void* from, size_t bytes, hipMemcpyKind kind, hipStream_t stream) {
    DONE(now_or_later(stream, linear_copy(to, from, bytes, kind), true));
}
hipError_t hipExtGetLastError() { DONE(last_error(true)); }
int hipGetStreamDeviceId(hipStream_t stream) {
    Stream* found;
    return find_stream(stream, &found) ? -1 : found->device;
}
hipError_t hipStreamGetCaptureInfo(hipStream_t stream, hipStreamCaptureStatus* status, unsigned long long* id) {
    return hipStreamGetCaptureInfo_v2(stream, status, id, nullptr, nullptr, nullptr);
}
hipError_t hipMemPtrGetInfo(void* pointer, size_t* bytes) {
    Allocation in;
    if (!bytes || !pointer) DONE(InvalidValue);
    if (!find_memory(pointer, &in)) DONE(InvalidValue);
    *bytes = in.bytes;
    DONE(Ok);
}
hipError_t hipMemGetAddressRange(hipDeviceptr_t* base, size_t* bytes, hipDeviceptr_t pointer) {
    Allocation in;
    if (!find_memory(pointer, &in)) DONE(NotFound);
    if (base) *base = in.start;
    if (bytes) *bytes = in.bytes;
    DONE(Ok);
}
hipError_t hipOccupancyMaxPotentialBlockSize(int* grid, int* block, const void* symbol, size_t lds, int limit) {
    DONE(best_block(grid, block, find_function(symbol), [=](int) { return lds; }, limit));
}
const char* hipKernelNameRefByPtr(const void* symbol, hipStream_t) {
    Function* function = find_function(symbol);
    return function ? function->kernel->name : nullptr;
}
hipError_t hipLaunchByPtr(const void* symbol) {
    Configuration found;
    if (!pop_configuration(&found)) DONE(InvalidConfiguration);
    Function* function = find_function(symbol);
    if (!function) DONE(InvalidDeviceFunction);
    if (function->kernel->arg_count) hw_unsupported("hipLaunchByPtr with arguments");
    DONE(launch_kernel(symbol, found.grid, found.block, nullptr, found.dynamic_lds, found.stream, false));
}

}  // extern "C"
