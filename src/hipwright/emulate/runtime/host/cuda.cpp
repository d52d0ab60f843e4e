// CUDA's spelling of the host side, checked against the real CUDA headers.
#include <cuda_runtime_api.h>

#include "core.h"

using namespace hw;
using namespace hw::host;

#define GPU(name) cuda##name
#define TEXT(name) "cuda" #name
#define REGISTER(name) __cuda##name
#define PUSH_RESULT unsigned
#define PUSH_STREAM struct CUstream_st*
#define POP_STREAM void*
#define COOPERATIVE_LDS size_t
#define CONST_IN_CUDA const
#define POINTER_ATTRIBUTES cudaPointerAttributes
#define GPU_CACHE cudaFuncCache
#define GPU_LIMIT cudaLimit
#define GPU_PROPERTIES cudaDeviceProp
#define GPU_GET_PROPERTIES cudaGetDeviceProperties
#define GPU_ATTRIBUTE cudaDeviceAttr
#define GPU_VERSION CUDART_VERSION
#define GPU_NAME "CUDA"
#define LIMIT_ERROR Error(cudaErrorUnsupportedLimit)
#define UNKNOWN_ERROR_NAME "unrecognized error code"
#define UNKNOWN_ERROR_TEXT "unrecognized error code"

#include "errors.h"

static const Named kErrors[] = {
    COMMON_ERRORS
    SAME(ErrorMemoryAllocation, "out of memory")
    SAME(ErrorInitializationError, "initialization error")
    SAME(ErrorCudartUnloading, "driver shutting down")
    SAME(ErrorInvalidKernelImage, "device kernel image is invalid")
    SAME(ErrorDeviceUninitialized, "invalid device context")
    SAME(ErrorUnmapBufferObjectFailed, "unmapping of buffer object failed")
    SAME(ErrorNoKernelImageForDevice, "no kernel image is available for execution on the device")
    SAME(ErrorECCUncorrectable, "uncorrectable ECC error encountered")
    SAME(ErrorDeviceAlreadyInUse, "exclusive-thread device already in use by a different thread")
    SAME(ErrorInvalidPtx, "a PTX JIT compilation failed")
    SAME(ErrorInvalidResourceHandle, "invalid resource handle")
    SAME(ErrorSymbolNotFound, "named symbol not found")
    SAME(ErrorLaunchTimeout, "the launch timed out and was terminated")
    SAME(ErrorInvalidTexture, "invalid texture reference")
    SAME(ErrorInvalidChannelDescriptor, "invalid channel descriptor")
    SAME(ErrorMisalignedAddress, "misaligned address")
    SAME(ErrorIllegalInstruction, "an illegal instruction was encountered")
    SAME(ErrorInvalidAddressSpace, "operation not supported on global/shared address space")
    SAME(ErrorInvalidPc, "invalid program counter")
    SAME(ErrorHardwareStackError, "hardware stack error")
    SAME(ErrorNotPermitted, "operation not permitted")
};

static void more_attributes(cudaPointerAttributes&, const Allocation&) {}

static bool is_launch_hint(const cudaLaunchAttribute& attribute) {
    return attribute.id == cudaLaunchAttributePriority || attribute.id == cudaLaunchAttributeAccessPolicyWindow ||
           attribute.id == cudaLaunchAttributeIgnore;
}

static void more_properties(cudaDeviceProp& p, const DeviceFacts& f) {
    p.persistingL2CacheMaxSize = int(f.l2_bytes * 3 / 4);
    p.accessPolicyMaxWindowSize = 128 << 20;
    p.unifiedFunctionPointers = 1;
}

static bool attribute_of(const cudaDeviceProp& p, int attribute, int* out) {
    switch (attribute) {
#define IS(name, value) case cudaDevAttr##name: *out = int(value); return true;
    IS(MaxThreadsPerBlock, p.maxThreadsPerBlock) IS(MaxBlockDimX, p.maxThreadsDim[0]) IS(MaxBlockDimY, p.maxThreadsDim[1])
    IS(MaxBlockDimZ, p.maxThreadsDim[2]) IS(MaxGridDimX, p.maxGridSize[0]) IS(MaxGridDimY, p.maxGridSize[1])
    IS(MaxGridDimZ, p.maxGridSize[2]) IS(MaxSharedMemoryPerBlock, p.sharedMemPerBlock)
    IS(TotalConstantMemory, p.totalConstMem) IS(WarpSize, p.warpSize) IS(MaxPitch, p.memPitch)
    IS(MaxRegistersPerBlock, p.regsPerBlock) IS(ClockRate, p.clockRate) IS(TextureAlignment, p.textureAlignment)
    IS(GpuOverlap, p.deviceOverlap) IS(MultiProcessorCount, p.multiProcessorCount)
    IS(KernelExecTimeout, p.kernelExecTimeoutEnabled) IS(Integrated, p.integrated)
    IS(CanMapHostMemory, p.canMapHostMemory) IS(ComputeMode, p.computeMode) IS(MaxTexture1DWidth, p.maxTexture1D)
    IS(MaxTexture2DWidth, p.maxTexture2D[0]) IS(MaxTexture2DHeight, p.maxTexture2D[1])
    IS(MaxTexture3DWidth, p.maxTexture3D[0]) IS(MaxTexture3DHeight, p.maxTexture3D[1])
    IS(MaxTexture3DDepth, p.maxTexture3D[2]) IS(SurfaceAlignment, p.surfaceAlignment)
    IS(ConcurrentKernels, p.concurrentKernels) IS(EccEnabled, p.ECCEnabled) IS(PciBusId, p.pciBusID)
    IS(PciDeviceId, p.pciDeviceID) IS(TccDriver, p.tccDriver) IS(MemoryClockRate, p.memoryClockRate)
    IS(GlobalMemoryBusWidth, p.memoryBusWidth) IS(L2CacheSize, p.l2CacheSize)
    IS(MaxThreadsPerMultiProcessor, p.maxThreadsPerMultiProcessor) IS(AsyncEngineCount, p.asyncEngineCount)
    IS(UnifiedAddressing, p.unifiedAddressing) IS(PciDomainId, p.pciDomainID)
    IS(TexturePitchAlignment, p.texturePitchAlignment) IS(MaxTexture1DLinearWidth, p.maxTexture1DLinear)
    IS(ComputeCapabilityMajor, p.major) IS(ComputeCapabilityMinor, p.minor)
    IS(StreamPrioritiesSupported, p.streamPrioritiesSupported) IS(GlobalL1CacheSupported, p.globalL1CacheSupported)
    IS(LocalL1CacheSupported, p.localL1CacheSupported) IS(MaxSharedMemoryPerMultiprocessor, p.sharedMemPerMultiprocessor)
    IS(MaxRegistersPerMultiprocessor, p.regsPerMultiprocessor) IS(ManagedMemory, p.managedMemory)
    IS(IsMultiGpuBoard, p.isMultiGpuBoard) IS(HostNativeAtomicSupported, p.hostNativeAtomicSupported)
    IS(SingleToDoublePrecisionPerfRatio, p.singleToDoublePrecisionPerfRatio)
    IS(PageableMemoryAccess, p.pageableMemoryAccess) IS(ConcurrentManagedAccess, p.concurrentManagedAccess)
    IS(ComputePreemptionSupported, p.computePreemptionSupported)
    IS(CanUseHostPointerForRegisteredMem, p.canUseHostPointerForRegisteredMem) IS(CooperativeLaunch, p.cooperativeLaunch)
    IS(CooperativeMultiDeviceLaunch, 0) IS(MaxSharedMemoryPerBlockOptin, p.sharedMemPerBlockOptin)
    IS(HostRegisterSupported, p.hostRegisterSupported)
    IS(PageableMemoryAccessUsesHostPageTables, p.pageableMemoryAccessUsesHostPageTables)
    IS(DirectManagedMemAccessFromHost, p.directManagedMemAccessFromHost)
    IS(MaxBlocksPerMultiprocessor, p.maxBlocksPerMultiProcessor) IS(MaxPersistingL2CacheSize, p.persistingL2CacheMaxSize)
    IS(MaxAccessPolicyWindowSize, p.accessPolicyMaxWindowSize)
    IS(ReservedSharedMemoryPerBlock, p.reservedSharedMemPerBlock) IS(MemoryPoolsSupported, p.memoryPoolsSupported)
    IS(ClusterLaunch, p.clusterLaunch) IS(IpcEventSupport, p.ipcEventSupported)
#undef IS
    default: return false;
    }
}

#include "api_memory.h"
#include "api_stream.h"
#include "api_device.h"

extern "C" void __cudaRegisterFatBinaryEnd(void**) {}
// With relocatable device code each unit calls a function of its own, made by nvlink, to register what it has.
extern "C" void hw_register_linked_binary(void (*globals)(void**), const void* wrapper) {
    globals(__cudaRegisterFatBinary(wrapper));
}

#include "api_graph.h"
#include "api_texture.h"

extern "C" {

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* out, cudaGraph_t graph, unsigned long long flags) {
    DONE(instantiate(reinterpret_cast<Executable**>(out), core_graph(graph), flags));
}
cudaError_t cudaGraphExecUpdate(cudaGraphExec_t executable, cudaGraph_t graph, cudaGraphExecUpdateResultInfo* info) {
    if (!info) DONE(InvalidValue);
    *info = {};
    int found = 0;
    Error e = update(core_executable(executable), core_graph(graph), reinterpret_cast<Node**>(&info->errorNode), &found);
    info->result = static_cast<cudaGraphExecUpdateResult>(found);
    DONE(e);
}

// -- names that only CUDA has -----------------------------------------------------------------------------------------------------

#undef cudaEventElapsedTime
cudaError_t cudaEventElapsedTime_v2(float* ms, cudaEvent_t start, cudaEvent_t end) {
    DONE(elapsed(ms, core_event(start), core_event(end)));
}
cudaError_t cudaInitDevice(int device, unsigned, unsigned) { DONE(valid_device(device) ? Ok : InvalidDevice); }
cudaError_t cudaFuncGetName(const char** name, const void* symbol) {
    Function* function = find_function(symbol);
    if (!name) DONE(InvalidValue);
    if (!function) DONE(InvalidDeviceFunction);
    *name = function->kernel->name;
    DONE(Ok);
}
cudaError_t cudaCtxResetPersistingL2Cache() { DONE(Ok); }

}  // extern "C"
