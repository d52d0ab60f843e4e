// The host side of the emulator in its own words; hip.cpp and cuda.cpp spell it as HIP and CUDA.
//
// Both spellings use the same numbers for errors, copy kinds and node types (checked by static_assert in the spellings),
// so one core serves both. Work on a stream runs at its call; a stream in capture records it as nodes of a graph.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "../machine.h"

namespace hw::host {

// -- errors (errors.cpp) ------------------------------------------------------------------------------------------------

enum Error : int {
    Ok = 0, InvalidValue = 1, OutOfMemory = 2, NotInitialized = 3, Deinitialized = 4, InvalidConfiguration = 9,
    InvalidPitch = 12, InvalidSymbol = 13, InvalidDevicePointer = 17, InvalidMemcpyDirection = 21,
    InvalidDeviceFunction = 98, NoDevice = 100, InvalidDevice = 101, InvalidImage = 200, InvalidContext = 201,
    NoBinaryForGpu = 209, FileNotFound = 301, InvalidHandle = 400, IllegalState = 401, NotFound = 500, NotReady = 600,
    IllegalAddress = 700, LaunchOutOfResources = 701, PeerAccessAlreadyEnabled = 704, PeerAccessNotEnabled = 705,
    SetOnActiveProcess = 708, AssertTriggered = 710, HostMemoryAlreadyRegistered = 712, HostMemoryNotRegistered = 713,
    LaunchFailure = 719, CooperativeLaunchTooLarge = 720, NotSupported = 801, StreamCaptureUnsupported = 900,
    StreamCaptureInvalidated = 901, StreamCaptureMerge = 902, StreamCaptureUnmatched = 903, StreamCaptureUnjoined = 904,
    StreamCaptureIsolation = 905, StreamCaptureImplicit = 906, CapturedEvent = 907, StreamCaptureWrongThread = 908,
    GraphExecUpdateFailure = 910, Unknown = 999,
};
Error note(Error);                  // remembers the error of the calling thread; gives the sticky one if there is any
Error last_error(bool reset);
Error broken();                     // the error that a faulting kernel left; all later work fails with it
void break_device(Error);
void mend_device();                 // device reset

std::recursive_mutex& table_lock(); // guards every registry below; never held while work runs
using Locked = std::lock_guard<std::recursive_mutex>;

// -- memory (memory.cpp, copy.cpp) ----------------------------------------------------------------------------------------

enum class MemoryKind { device, host, managed, registered, array };
struct Allocation {
    char* start = nullptr;
    size_t bytes = 0;
    MemoryKind kind = MemoryKind::device;
    unsigned flags = 0;
    int device = 0;
    struct Pool* pool = nullptr;
    uint64_t id = 0;
};
Error allocate(void** out, size_t bytes, MemoryKind, unsigned flags = 0, struct Pool* = nullptr);
Error release(void* pointer, MemoryKind);             // MemoryKind::device also frees managed memory, as the APIs do
Error register_host(void* pointer, size_t bytes, unsigned flags);
Error unregister_host(void* pointer);
bool find_memory(const void* inside, Allocation* out);   // device variables count as device memory
bool find_freed(const void* inside, Allocation* out);
uint64_t bytes_in_use(int device);
void release_all(int device);
inline size_t pitch_granule() { return hw_target.is_cuda ? 512 : 256; }   // of pitched allocations, in bytes

enum CopyKind : int { HostToHost = 0, HostToDevice = 1, DeviceToHost = 2, DeviceToDevice = 3, AnyKind = 4 };
struct Array;
struct Place {                      // one end of a copy: a corner in linear memory, or in an array
    char* base = nullptr;
    size_t pitch = 0, rows = 0;     // bytes of a row, rows of a slice
    Array* array = nullptr;
    size_t x = 0, y = 0, z = 0;     // x in bytes
};
struct Copy {
    Place to, from;
    size_t width = 0, height = 1, depth = 1;    // width in bytes
    int kind = AnyKind;
};
struct Fill {
    char* start = nullptr;
    size_t pitch = 0, rows = 0;
    uint32_t value = 0, element = 1;
    size_t width = 0, height = 1, depth = 1;    // width in elements
};
Copy linear_copy(void* to, const void* from, size_t bytes, int kind);
Copy plane_copy(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width, size_t height, int kind);
Fill linear_fill(void* start, uint32_t value, uint32_t element, size_t count);
Error check(const Copy&);           // arguments, directions and ranges; reports what leaves an allocation
Error check(const Fill&);
Error perform(const Copy&);
Error perform(const Fill&);

struct Pool { int device = 0; uint64_t release_threshold = 0; uint64_t used = 0, used_high = 0; bool is_default = false;
              uint64_t reuse[3] = {1, 1, 1}; };
Pool* default_pool(int device);
Pool*& current_pool(int device);
bool alive(Pool*);
Error create_pool(Pool** out, int device);
Error destroy_pool(Pool*);

// -- kernels, variables, modules (launch.cpp) --------------------------------------------------------------------------------

struct Function {                   // what a host symbol or a module's function handle stands for
    const Kernel* kernel = nullptr;
    const Module* module = nullptr;
    uint32_t max_dynamic_lds = 0;   // raised by the attribute; CUDA needs that above 48 KiB
    int carveout = -1, cache = 0;
};
struct Symbol { char* address; size_t bytes; };
void** register_image(const void* wrapper_data);
void register_function(void** image, const void* host, const char* name);
void register_variable(void** image, const void* host, const char* name);
void register_managed(void** image, void** host_pointer, void* initial, const char* name, size_t bytes);
Function* find_function(const void* host_symbol_or_handle);
Error find_symbol(const void* host, Symbol* out);
bool is_device_variable(const void* pointer, Symbol* out);
Error load_module(const void* image, const Module** out);
Error unload_module(const Module*);
Error module_function(const Module*, const char* name, Function** out);
Error module_variable(const Module*, const char* name, Symbol* out);

struct Configuration { Dim grid, block; uint64_t dynamic_lds = 0; void* stream = nullptr; };
void push_configuration(const Configuration&);
bool pop_configuration(Configuration* out);

struct KernelCall {
    Function* function = nullptr;
    const void* symbol = nullptr;   // what the program named it by
    Dim grid, block;
    uint64_t dynamic_lds = 0;
    bool cooperative = false;
    std::shared_ptr<void> storage;  // of the arguments, when they outlive the call
    std::vector<void*> args;
};
Error check(const KernelCall&);
void keep_arguments(KernelCall&, void** args);        // copies what args point to
Error perform(const KernelCall&);
uint32_t static_lds(const Kernel*);
uint32_t max_threads(const Function*);
uint64_t most_dynamic_lds(const Function*);    // that a launch may ask for as the function's attributes stand
Error set_attribute(Function*, int attribute, int value);
Error active_blocks(int* out, const Function*, int block, size_t dynamic_lds);
Error best_block(int* grid, int* block, const Function*, const std::function<size_t(int)>& lds_of, int limit);
void* packed_arguments(const Kernel*, char* buffer, size_t bytes, std::vector<void*>& args);

// -- streams, events, graphs (stream.cpp, graph.cpp) ---------------------------------------------------------------------------

struct Stream;
struct Graph;
struct Event {
    unsigned flags = 0;
    bool recorded = false;
    std::chrono::steady_clock::time_point at;
    int device = 0;
    Stream* capturing = nullptr;    // the origin of the capture in which it was recorded
    uint64_t capture = 0;
    std::vector<struct Node*> nodes;
};
constexpr unsigned kEventDisableTiming = 2;

struct Empty {};
struct HostCall { void (*function)(void*) = nullptr; void* data = nullptr; };
struct Work { std::function<void()> run; };           // from a library substitute, or a stream callback
struct EventRecord { Event* event = nullptr; };
struct EventWait { Event* event = nullptr; };
struct Child { std::shared_ptr<Graph> graph; };
struct Allocate { void* pointer = nullptr; size_t bytes = 0; };
struct Release { void* pointer = nullptr; };
using Task = std::variant<Empty, KernelCall, Copy, Fill, HostCall, Work, EventRecord, EventWait, Child, Allocate, Release>;

struct Node {
    Task task;
    std::vector<Node*> after;       // dependencies
    Graph* graph = nullptr;
    Node* original = nullptr;       // what it was copied from
    bool enabled = true;
};
struct Graph {
    std::vector<std::unique_ptr<Node>> nodes;         // in order of creation
    std::shared_ptr<Graph> original;
    bool child = false;
    ~Graph();
};
struct Executable { std::shared_ptr<Graph> graph; std::vector<Node*> order; unsigned long long flags = 0; };

enum CaptureStatus : int { CaptureNone = 0, CaptureActive = 1, CaptureInvalidated = 2 };
struct Capture {                    // shared by all streams that joined it
    uint64_t id = 0;
    int mode = 0;                   // global, thread local, relaxed
    uint64_t thread = 0;
    Stream* origin = nullptr;
    CaptureStatus status = CaptureActive;
    std::shared_ptr<Graph> graph;
    bool into_given = false;
    std::set<Stream*> streams;
};
struct Stream {
    unsigned flags = 0;             // 1: does not block the legacy stream
    int priority = 0, device = 0;
    uint64_t id = 0;
    std::shared_ptr<Capture> capture;
    std::vector<Node*> tips;        // what the next captured node depends on
};

Error create_stream(Stream** out, unsigned flags, int priority);
Error destroy_stream(Stream*);
Error find_stream(void* handle, Stream** out);        // null, legacy (1) and per-thread (2) handles too
Error submit(void* stream, Task);                     // runs or records
Error perform(Task&);
Error synchronise(void* stream);                      // refused in a capture; work itself is already done
Error synchronise_device();
Error unsafe_in_capture();                            // for calls that a capture in progress forbids
int exchange_capture_mode(int);

Error create_event(Event** out, unsigned flags);
Error destroy_event(Event*);
bool alive(Event*);
Error record_event(Event*, void* stream, bool external = false);
Error wait_event(void* stream, Event*, bool external = false);
Error query_event(Event*);
Error elapsed(float* ms, Event* start, Event* end);

Error begin_capture(void* stream, int mode, Graph* into = nullptr, Node* const* after = nullptr, size_t count = 0);
Error end_capture(void* stream, Graph** out);
Error capture_info(void* stream, CaptureStatus*, uint64_t* id, Graph**, Node* const** tips, size_t* count);
Error update_capture(void* stream, Node* const* nodes, size_t count, bool replace);

Error create_graph(Graph** out);
Error destroy_graph(Graph*);
std::shared_ptr<Graph> share(Graph*);                 // null: not a live graph
bool alive(const Node*);
Error add_node(Node** out, Graph*, Node* const* after, size_t count, Task);
Error remove_node(Node*);
Error add_edges(Graph*, Node* const* from, Node* const* to, size_t count);
Error remove_edges(Graph*, Node* const* from, Node* const* to, size_t count);
std::shared_ptr<Graph> copy_graph(const std::shared_ptr<Graph>&);
Error clone_graph(Graph** out, Graph*);
Node* find_copy(const Graph*, const Node* original);
Error instantiate(Executable** out, Graph*, unsigned long long flags);
Error destroy_executable(Executable*);
bool alive(Executable*);
Node* executable_node(Executable*, const Node* original);
Error update(Executable*, Graph*, Node** culprit, int* result);
Error launch(Executable*, void* stream);
Error perform(const Graph&);            // all nodes, dependencies first
int node_type(const Task&);

// -- devices (device.cpp) ---------------------------------------------------------------------------------------------------

struct DeviceFacts {                // of the emulated product; sources beside the table
    const char* arch;               // as in hw_target.name
    const char* product;
    int major, minor;
    int processors;                 // multiprocessors / compute units, as the API counts them
    int max_threads_per_processor;
    int max_blocks_per_processor;
    int clock_khz, memory_clock_khz, bus_bits;
    uint64_t l2_bytes, memory_bytes;
    uint32_t lds_per_processor, lds_optin;
    int registers_per_block;
};
const DeviceFacts& facts();
int device_count();
Error select_device(int);
int current_device();
bool valid_device(int);
uint64_t total_memory();            // what the emulated device can hold on this machine
Error enable_peer(int peer);
Error disable_peer(int peer);
bool can_access_peer(int device, int peer);
void reset_device();

// -- arrays and textures (array.cpp) --------------------------------------------------------------------------------------------

struct Channels { int bits[4] = {0, 0, 0, 0}; int kind = 0; };   // kind 0 signed, 1 unsigned, 2 float
struct Array {
    Channels channels;
    size_t width = 0, height = 0, depth = 0;          // in elements; 0: that dimension does not exist
    unsigned flags = 0;
    size_t element = 0, pitch = 0;                    // bytes
    char* data = nullptr;
    size_t bytes = 0;
    int device = 0;
    bool owned = true;
};
Error create_array(Array** out, const Channels&, size_t width, size_t height, size_t depth, unsigned flags);
Error destroy_array(Array*);
bool alive(const Array*);
size_t element_bytes(const Channels&);

}  // namespace hw::host
