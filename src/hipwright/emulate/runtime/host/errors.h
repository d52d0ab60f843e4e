// Names and texts of errors, as both APIs document them; SAME is an error that HIP and CUDA name alike.
struct Named { int code; const char *name, *text; };

#define SAME(name, text) {int(GPU(name)), TEXT(name), text},
#define COMMON_ERRORS \
    SAME(Success, "no error") \
    SAME(ErrorInvalidValue, "invalid argument") \
    SAME(ErrorProfilerDisabled, "profiler disabled while using external profiling tool") \
    SAME(ErrorProfilerNotInitialized, "profiler is not initialized") \
    SAME(ErrorProfilerAlreadyStarted, "profiler already started") \
    SAME(ErrorProfilerAlreadyStopped, "profiler already stopped") \
    SAME(ErrorInvalidConfiguration, "invalid configuration argument") \
    SAME(ErrorInvalidPitchValue, "invalid pitch argument") \
    SAME(ErrorInvalidSymbol, "invalid device symbol") \
    SAME(ErrorInvalidDevicePointer, "invalid device pointer") \
    SAME(ErrorInvalidMemcpyDirection, "invalid copy direction for memcpy") \
    SAME(ErrorInsufficientDriver, "driver version is insufficient for runtime version") \
    SAME(ErrorMissingConfiguration, "__global__ function call is not configured") \
    SAME(ErrorPriorLaunchFailure, "unspecified launch failure in prior launch") \
    SAME(ErrorInvalidDeviceFunction, "invalid device function") \
    SAME(ErrorNoDevice, "no " GPU_NAME "-capable device is detected") \
    SAME(ErrorInvalidDevice, "invalid device ordinal") \
    SAME(ErrorMapBufferObjectFailed, "mapping of buffer object failed") \
    SAME(ErrorArrayIsMapped, "array is mapped") \
    SAME(ErrorAlreadyMapped, "resource already mapped") \
    SAME(ErrorAlreadyAcquired, "resource already acquired") \
    SAME(ErrorNotMapped, "resource not mapped") \
    SAME(ErrorNotMappedAsArray, "resource not mapped as array") \
    SAME(ErrorNotMappedAsPointer, "resource not mapped as pointer") \
    SAME(ErrorUnsupportedLimit, "limit is not supported on this architecture") \
    SAME(ErrorPeerAccessUnsupported, "peer access is not supported between these two devices") \
    SAME(ErrorInvalidGraphicsContext, "invalid OpenGL or DirectX context") \
    SAME(ErrorInvalidSource, "device kernel image is invalid") \
    SAME(ErrorFileNotFound, "file not found") \
    SAME(ErrorSharedObjectSymbolNotFound, "shared object symbol not found") \
    SAME(ErrorSharedObjectInitFailed, "shared object initialization failed") \
    SAME(ErrorOperatingSystem, "OS call failed or operation not supported on this OS") \
    SAME(ErrorIllegalState, "the operation cannot be performed in the present state") \
    SAME(ErrorNotReady, "device not ready") \
    SAME(ErrorIllegalAddress, "an illegal memory access was encountered") \
    SAME(ErrorLaunchOutOfResources, "too many resources requested for launch") \
    SAME(ErrorPeerAccessAlreadyEnabled, "peer access is already enabled") \
    SAME(ErrorPeerAccessNotEnabled, "peer access has not been enabled") \
    SAME(ErrorSetOnActiveProcess, "cannot set while device is active in this process") \
    SAME(ErrorContextIsDestroyed, "context is destroyed") \
    SAME(ErrorAssert, "device-side assert triggered") \
    SAME(ErrorHostMemoryAlreadyRegistered, "part or all of the requested memory range is already mapped") \
    SAME(ErrorHostMemoryNotRegistered, "pointer does not correspond to a registered memory region") \
    SAME(ErrorLaunchFailure, "unspecified launch failure") \
    SAME(ErrorCooperativeLaunchTooLarge, "too many blocks in cooperative launch") \
    SAME(ErrorNotSupported, "operation not supported") \
    SAME(ErrorStreamCaptureUnsupported, "operation not permitted when stream is capturing") \
    SAME(ErrorStreamCaptureInvalidated, "operation failed due to a previous error during capture") \
    SAME(ErrorStreamCaptureMerge, "operation would result in a merge of separate capture sequences") \
    SAME(ErrorStreamCaptureUnmatched, "capture was not ended in the same stream as it began") \
    SAME(ErrorStreamCaptureUnjoined, "capturing stream has unjoined work") \
    SAME(ErrorStreamCaptureIsolation, "dependency created on uncaptured work in another stream") \
    SAME(ErrorStreamCaptureImplicit, "operation would make the legacy stream depend on a capturing blocking stream") \
    SAME(ErrorCapturedEvent, "operation not permitted on an event last recorded in a capturing stream") \
    SAME(ErrorStreamCaptureWrongThread, "attempt to terminate a thread-local capture sequence from another thread") \
    SAME(ErrorGraphExecUpdateFailure, "the graph update was not performed because it included changes which violated constraints specific to instantiated graph update") \
    SAME(ErrorUnknown, "unknown error")
