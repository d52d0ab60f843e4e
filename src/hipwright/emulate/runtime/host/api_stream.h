// Streams, events, capture and launches in one spelling; see api_memory.h.

static Stream* core_stream(GPU(Stream_t) stream) { return reinterpret_cast<Stream*>(stream); }
static Event* core_event(GPU(Event_t) event) { return reinterpret_cast<Event*>(event); }

extern "C" {

GPU(Error_t) GPU(StreamCreate)(GPU(Stream_t)* stream) { DONE(create_stream(reinterpret_cast<Stream**>(stream), 0, 0)); }
GPU(Error_t) GPU(StreamCreateWithFlags)(GPU(Stream_t)* stream, unsigned flags) {
    DONE(create_stream(reinterpret_cast<Stream**>(stream), flags, 0));
}
GPU(Error_t) GPU(StreamCreateWithPriority)(GPU(Stream_t)* stream, unsigned flags, int priority) {
    DONE(create_stream(reinterpret_cast<Stream**>(stream), flags, priority));
}
GPU(Error_t) GPU(StreamDestroy)(GPU(Stream_t) stream) {
    if (reinterpret_cast<uintptr_t>(stream) <= 2) DONE(InvalidHandle);
    DONE(destroy_stream(core_stream(stream)));
}
GPU(Error_t) GPU(StreamSynchronize)(GPU(Stream_t) stream) { DONE(synchronise(stream)); }
GPU(Error_t) GPU(StreamQuery)(GPU(Stream_t) stream) { DONE(synchronise(stream)); }
GPU(Error_t) GPU(StreamWaitEvent)(GPU(Stream_t) stream, GPU(Event_t) event, unsigned flags) {
    if (flags > 1) DONE(InvalidValue);
    DONE(wait_event(stream, core_event(event), flags == 1));
}
GPU(Error_t) GPU(StreamGetPriority)(GPU(Stream_t) stream, int* priority) {
    Stream* found;
    if (!priority) DONE(InvalidValue);
    if (Error e = find_stream(stream, &found)) DONE(e);
    *priority = found->priority;
    DONE(Ok);
}
GPU(Error_t) GPU(StreamGetFlags)(GPU(Stream_t) stream, unsigned* flags) {
    Stream* found;
    if (!flags) DONE(InvalidValue);
    if (Error e = find_stream(stream, &found)) DONE(e);
    *flags = found->flags;
    DONE(Ok);
}
GPU(Error_t) GPU(StreamGetId)(GPU(Stream_t) stream, unsigned long long* id) {
    Stream* found;
    if (!id) DONE(InvalidValue);
    if (Error e = find_stream(stream, &found)) DONE(e);
    *id = found->id;
    DONE(Ok);
}
GPU(Error_t) GPU(StreamGetDevice)(GPU(Stream_t) stream, int* device) {
    Stream* found;
    if (!device) DONE(InvalidValue);
    if (Error e = find_stream(stream, &found)) DONE(e);
    *device = found->device;
    DONE(Ok);
}
GPU(Error_t) GPU(DeviceGetStreamPriorityRange)(int* least, int* greatest) {
    if (least) *least = hw_target.is_cuda ? 0 : 1;
    if (greatest) *greatest = hw_target.is_cuda ? -5 : -1;
    DONE(Ok);
}
GPU(Error_t) GPU(StreamAddCallback)(GPU(Stream_t) stream, GPU(StreamCallback_t) callback, void* data, unsigned flags) {
    if (!callback || flags) DONE(InvalidValue);
    DONE(submit(stream, Work{[=] { callback(stream, GPU(Success), data); }}));
}
GPU(Error_t) GPU(LaunchHostFunc)(GPU(Stream_t) stream, GPU(HostFn_t) function, void* data) {
    if (!function) DONE(InvalidValue);
    DONE(submit(stream, HostCall{function, data}));
}

// -- events ---------------------------------------------------------------------------------------------------------------------

GPU(Error_t) GPU(EventCreate)(GPU(Event_t)* event) { DONE(create_event(reinterpret_cast<Event**>(event), 0)); }
GPU(Error_t) GPU(EventCreateWithFlags)(GPU(Event_t)* event, unsigned flags) {
    DONE(create_event(reinterpret_cast<Event**>(event), flags));
}
GPU(Error_t) GPU(EventDestroy)(GPU(Event_t) event) { DONE(destroy_event(core_event(event))); }
GPU(Error_t) GPU(EventRecord)(GPU(Event_t) event, GPU(Stream_t) stream) { DONE(record_event(core_event(event), stream)); }
GPU(Error_t) GPU(EventRecordWithFlags)(GPU(Event_t) event, GPU(Stream_t) stream, unsigned flags) {
    if (flags > 1) DONE(InvalidValue);
    DONE(record_event(core_event(event), stream, flags == 1));
}
GPU(Error_t) GPU(EventQuery)(GPU(Event_t) event) { DONE(query_event(core_event(event))); }
GPU(Error_t) GPU(EventSynchronize)(GPU(Event_t) event) { DONE(query_event(core_event(event))); }
GPU(Error_t) GPU(EventElapsedTime)(float* ms, GPU(Event_t) start, GPU(Event_t) end) {
    DONE(elapsed(ms, core_event(start), core_event(end)));
}

// -- capture --------------------------------------------------------------------------------------------------------------------

GPU(Error_t) GPU(StreamBeginCapture)(GPU(Stream_t) stream, GPU(StreamCaptureMode) mode) {
    DONE(begin_capture(stream, mode));
}
GPU(Error_t) GPU(StreamBeginCaptureToGraph)(GPU(Stream_t) stream, GPU(Graph_t) graph, const GPU(GraphNode_t)* after,
                                            const GPU(GraphEdgeData)* data, size_t count, GPU(StreamCaptureMode) mode) {
    if (data) hw_unsupported(TEXT(StreamBeginCaptureToGraph) " with edge data");
    DONE(begin_capture(stream, mode, reinterpret_cast<Graph*>(graph), reinterpret_cast<Node* const*>(after), count));
}
GPU(Error_t) GPU(StreamEndCapture)(GPU(Stream_t) stream, GPU(Graph_t)* graph) {
    DONE(end_capture(stream, reinterpret_cast<Graph**>(graph)));
}
GPU(Error_t) GPU(StreamIsCapturing)(GPU(Stream_t) stream, GPU(StreamCaptureStatus)* status) {
    CaptureStatus found;
    if (!status) DONE(InvalidValue);
    if (Error e = capture_info(stream, &found, nullptr, nullptr, nullptr, nullptr)) DONE(e);
    *status = GPU(StreamCaptureStatus)(found);
    DONE(Ok);
}
GPU(Error_t) GPU(StreamGetCaptureInfo_v2)(GPU(Stream_t) stream, GPU(StreamCaptureStatus)* status, unsigned long long* id,
                                          GPU(Graph_t)* graph, const GPU(GraphNode_t)** after, size_t* count) {
    CaptureStatus found;
    uint64_t number = 0;
    if (!status) DONE(InvalidValue);
    Error e = capture_info(stream, &found, &number, reinterpret_cast<Graph**>(graph),
                           reinterpret_cast<Node* const**>(after), count);
    if (e) DONE(e);
    *status = GPU(StreamCaptureStatus)(found);
    if (id && number) *id = number;
    DONE(Ok);
}
GPU(Error_t) GPU(StreamUpdateCaptureDependencies)(GPU(Stream_t) stream, GPU(GraphNode_t)* nodes, size_t count,
                                                  unsigned flags) {
    if (flags > 1 || (count && !nodes)) DONE(InvalidValue);
    DONE(update_capture(stream, reinterpret_cast<Node**>(nodes), count, flags == 1));
}
GPU(Error_t) GPU(ThreadExchangeStreamCaptureMode)(GPU(StreamCaptureMode)* mode) {
    if (!mode || *mode < 0 || *mode > 2) DONE(InvalidValue);
    *mode = GPU(StreamCaptureMode)(exchange_capture_mode(*mode));
    DONE(Ok);
}

}  // extern "C"

// -- registration: calls that the compiler puts before main ------------------------------------------------------------------------

struct FatBinaryWrapper { int magic, version; const void* data; void* unused; };

extern "C" {

void** REGISTER(RegisterFatBinary)(const void* wrapper) {
    return register_image(static_cast<const FatBinaryWrapper*>(wrapper)->data);
}
void REGISTER(UnregisterFatBinary)(void**) {}  // the process ends: its devices do too
void REGISTER(RegisterFunction)(void** image, const void* host, char*, const char* name, int, void*, void*,
                                                void*, void*, int*) {
    register_function(image, host, name);
}
void REGISTER(RegisterVar)(void** image, void* host, char*, const char* name, int defined_elsewhere, size_t, int, int) {
    if (!defined_elsewhere) register_variable(image, host, name);
}
void REGISTER(RegisterManagedVar)(void** image, void** pointer, void* initial, const char* name, size_t bytes, unsigned) {
    register_managed(image, pointer, initial, name, bytes);
}

}  // extern "C"

static Dim core_dim(const dim3& d) { return {d.x, d.y, d.z}; }

extern "C" {

PUSH_RESULT REGISTER(PushCallConfiguration)(dim3 grid, dim3 block, size_t lds, PUSH_STREAM stream) {
    push_configuration({core_dim(grid), core_dim(block), lds, stream});
    return PUSH_RESULT(0);
}
GPU(Error_t) REGISTER(PopCallConfiguration)(dim3* grid, dim3* block, size_t* lds, POP_STREAM stream) {
    Configuration found;
    if (!pop_configuration(&found)) DONE(InvalidConfiguration);
    *grid = dim3(found.grid.x, found.grid.y, found.grid.z);
    *block = dim3(found.block.x, found.block.y, found.block.z);
    *lds = found.dynamic_lds;
    *reinterpret_cast<void**>(stream) = found.stream;
    return GPU(Success);
}

}  // extern "C"

// -- launches -----------------------------------------------------------------------------------------------------------------------

static Error launch_kernel(const void* symbol, Dim grid, Dim block, void** args, size_t lds, void* stream,
                           bool cooperative) {
    Function* function = find_function(symbol);
    if (!function) return InvalidDeviceFunction;
    KernelCall call;
    call.function = function;
    call.symbol = symbol;
    call.grid = grid;
    call.block = block;
    call.dynamic_lds = lds;
    call.cooperative = cooperative;
    if (function->kernel->arg_count && !args) return InvalidValue;
    call.args.assign(args, args + function->kernel->arg_count);
    return submit(stream, std::move(call));
}

extern "C" {

GPU(Error_t) GPU(LaunchKernel)(const void* function, dim3 grid, dim3 block, void** args, size_t lds,
                               GPU(Stream_t) stream) {
    DONE(launch_kernel(function, core_dim(grid), core_dim(block), args, lds, stream, false));
}
GPU(Error_t) GPU(LaunchCooperativeKernel)(const void* function, dim3 grid, dim3 block, void** args, COOPERATIVE_LDS lds,
                                          GPU(Stream_t) stream) {
    DONE(launch_kernel(function, core_dim(grid), core_dim(block), args, lds, stream, true));
}
GPU(Error_t) GPU(LaunchKernelExC)(const GPU(LaunchConfig_t)* config, const void* function, void** args) {
    if (!config) DONE(InvalidConfiguration);
    bool cooperative = false;
    for (unsigned i = 0; i < config->numAttrs; ++i) {
        const auto& attribute = config->attrs[i];
        if (attribute.id == GPU(LaunchAttributeCooperative)) cooperative = attribute.val.cooperative != 0;
        else if (!is_launch_hint(attribute)) hw_unsupported(TEXT(LaunchKernelExC) " with attributes that change the launch");
    }
    DONE(launch_kernel(function, core_dim(config->gridDim), core_dim(config->blockDim), args,
                       config->dynamicSmemBytes, config->stream, cooperative));
}

// -- kernels as the host sees them ----------------------------------------------------------------------------------------------------

GPU(Error_t) GPU(FuncGetAttributes)(GPU(FuncAttributes)* out, const void* symbol) {
    Function* function = find_function(symbol);
    if (!out) DONE(InvalidValue);
    if (!function) DONE(InvalidDeviceFunction);
    *out = {};
    out->sharedSizeBytes = static_lds(function->kernel);
    out->maxThreadsPerBlock = int(max_threads(function));
    out->maxDynamicSharedSizeBytes = int(most_dynamic_lds(function));
    out->preferredShmemCarveout = function->carveout;
    out->binaryVersion = out->ptxVersion = facts().major * 10 + facts().minor;
    DONE(Ok);
}
GPU(Error_t) GPU(FuncSetAttribute)(const void* symbol, GPU(FuncAttribute) attribute, int value) {
    Function* function = find_function(symbol);
    if (!function) DONE(InvalidDeviceFunction);
    DONE(set_attribute(function, int(attribute), value));
}
GPU(Error_t) GPU(FuncSetCacheConfig)(const void* symbol, enum GPU_CACHE config) {
    Function* function = find_function(symbol);
    if (!function) DONE(InvalidDeviceFunction);
    function->cache = int(config);  // a preference without an effect on results
    DONE(Ok);
}
GPU(Error_t) GPU(FuncSetSharedMemConfig)(const void* symbol, enum GPU(SharedMemConfig)) {
    DONE(find_function(symbol) ? Ok : InvalidDeviceFunction);
}
GPU(Error_t) GPU(OccupancyMaxActiveBlocksPerMultiprocessor)(int* out, const void* symbol, int block, size_t lds) {
    DONE(active_blocks(out, find_function(symbol), block, lds));
}
GPU(Error_t) GPU(OccupancyMaxActiveBlocksPerMultiprocessorWithFlags)(int* out, const void* symbol, int block, size_t lds,
                                                                      unsigned flags) {
    if (flags > 1) DONE(InvalidValue);
    DONE(active_blocks(out, find_function(symbol), block, lds));
}
GPU(Error_t) GPU(OccupancyAvailableDynamicSMemPerBlock)(size_t* out, const void* symbol, int blocks, int block) {
    Function* function = find_function(symbol);
    if (!out || blocks <= 0) DONE(InvalidValue);
    int most;
    if (Error e = active_blocks(&most, function, block, 0)) DONE(e);
    if (blocks > most) DONE(InvalidValue);
    size_t each = facts().lds_per_processor / blocks;
    each = each < facts().lds_optin ? each : facts().lds_optin;
    *out = each - static_lds(function->kernel);
    DONE(Ok);
}

}  // extern "C"
