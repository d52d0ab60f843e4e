// The emulated GPU as its other parts see it: lanes (GPU threads) as fibers, wavefronts, blocks, launches, faults.
//
// Device code is real device IR rewritten to x86-64 (see ir.py): each intrinsic `llvm.a.b.c` became a call to
// `hw_a_b_c`, and those that make lanes meet got the number of their place (site) as a last argument.
// Device memory is host memory: a device pointer can be read by the host side as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace hw {

constexpr uint32_t kMaxWave = 64;
constexpr uint32_t kMaxBlock = 1024;                 // lanes of a block
constexpr uint32_t kLdsBytes = 4u << 20;             // hw_lds: static LDS from 0, dynamic LDS from kDynamicLds
constexpr uint32_t kDynamicLds = 3u << 20;
constexpr uint32_t kReservedLds = kLdsBytes - 1024;  // CUDA: what the system keeps of each block's, zero at first

struct Dim {
    uint32_t x = 1, y = 1, z = 1;
    uint64_t count() const { return uint64_t(x) * y * z; }
};

// What the program was built for; build.py links one definition into each program.
struct Target {
    const char* name;        // "gfx942", "sm_80"
    uint32_t wave;           // lanes of a wavefront
    uint32_t lds_per_block;  // bytes
    uint32_t is_cuda;        // 1: the CUDA original
};
extern "C" const Target hw_target;

// -- what device modules register (the rewriter emits these tables and a constructor that calls hw_register_module) ----

struct LdsRange { uint32_t offset, size; const char* name; };
struct Kernel {
    const char* name;                // mangled
    void (*thunk)(void** args);      // unpacks the arguments and runs one lane of the kernel
    const uint32_t* arg_sizes;       // bytes of each parameter, for copying arguments
    uint32_t arg_count;
    uint32_t meets;                  // 1 if it can reach a barrier or a wave operation: it then needs fibers
    const LdsRange* lds;             // static LDS that the kernel can reach
    uint32_t lds_count;
    uint32_t max_block;              // 0: not stated (__launch_bounds__)
    uint32_t site;                   // where it is defined, counted within its module
    uint32_t effects;                // 0: no code it can reach has any; 1: stores that the checked build counts; 2: others
};
// kind 0: a variable; 1: managed, the host's own; 2: a table or string that only device code knows
struct Variable { const char* name; void* address; uint64_t size; uint32_t is_constant; uint32_t kind; };
struct Site { const char* file; uint32_t line, column; const char* function; };
struct Module {
    const char* id;                  // the text that the host side embeds as its fat binary: "HWMOD:<id>"
    const Kernel* kernels; uint32_t kernel_count;
    const Variable* variables; uint32_t variable_count;
    const Site* sites; uint32_t site_count;      // site number = base + index
    uint32_t* site_base;             // set by hw_register_module: makes site numbers unique in the process
    unsigned char* unfused;          // checked: by site, 1 where multiplication and addition are not to be fused; else null
    uint32_t checked, relocatable;
};
extern "C" void hw_register_module(const Module*);
const Module* find_module(const char* id);           // by the text behind "HWMOD:"
const Kernel* find_kernel(const Module*, const char* name);   // module null: any
const Variable* find_variable(const Module*, const char* name);
void unfuse();                                       // from now on every product and sum is rounded by itself
void each_kernel(const std::function<void(const Kernel&)>&);       // of every module, in the order of registration
void each_variable(const std::function<void(const Variable&)>&);

// -- lanes --------------------------------------------------------------------------------------------------------------

struct Lane {
    Dim thread, block_id, block_dim, grid_dim;       // read by threadIdx and its kin
    uint32_t lane;                                   // number in its wavefront
    uint32_t linear;                                 // number in its block
    uint64_t met;                                    // when it last took part in a meeting of its wavefront, by check.cpp's clock
    uint64_t synced;                                 // when it last made an atomic access or a fence, by the same clock
    uint64_t observed;                               // when it last saw what others may have written by something like a flag
    uint64_t acquired;                               // the time up to which a fence of the device made what others handed over its own
    uint32_t place;                                  // site of its last access to memory; all 0 in builds that are not checked
    void* impl;                                      // the scheduler's own
};
extern "C" thread_local Lane* hw_self;               // the running lane; null on the host side
extern "C" thread_local unsigned char hw_lds[kLdsBytes];
uint32_t dynamic_lds_bytes();                        // of the running block
void* grid_workspace();                              // where blocks of a cooperative launch count themselves; else null

// One lane's part in a wave operation. `resolve` runs once for the group when all of its lanes have arrived.
struct Op;
struct Group {
    uint64_t active;         // lanes of the wavefront that take part
    uint32_t wave;           // lanes of a wavefront: 32 or 64
    uint64_t exited;         // lanes that returned, or that the block never had
    uint32_t site;
    Op* op[kMaxWave];        // set for active lanes
};
using Resolve = void (*)(Group&);
struct Op {
    Resolve resolve;
    uint64_t mask = 0;       // lanes that must arrive too (CUDA's *_sync); 0: whoever is active
    uint64_t in[4] = {};
    uint64_t out[2] = {};
};
void meet(Op&, uint32_t site);                       // parks the running lane until its group has been resolved

enum class Reduce : uint32_t { none, count, all, any };
uint32_t barrier(uint32_t site, uint32_t id = 0, uint32_t lanes = 0, Reduce = Reduce::none, uint32_t value = 0);
void grid_barrier(uint32_t site);                    // all blocks of a cooperative launch
void yield(uint32_t site);                           // in a spin loop: let others run; the watchdog counts these
[[noreturn]] void exit_lane();                       // `exit;` / s_endpgm: the running lane ends

// -- launches -------------------------------------------------------------------------------------------------------------

enum class LaunchError { none, invalid_configuration, too_many_resources, fault };
struct Launch {
    const Kernel* kernel;
    Dim grid, block;
    uint64_t dynamic_lds = 0;
    void** args = nullptr;
    bool cooperative = false;
};
LaunchError run(const Launch&);                      // to the end, blocks spread over OS threads

// -- faults and evidence: lines of JSON in the file that $HIPWRIGHT_REPORT names -----------------------------------------

// kind: "inactive-lane", "mask", "divergent-barrier", "lds-overrun", "out-of-bounds", "trap", "assert", "timeout",
// "deadlock", "unsupported", "launch", "race", "lockstep", "uninitialised". `fatal` ends the kernel; the host then sees an error.
void fault(const char* kind, uint32_t site, const char* format, ...) __attribute__((format(printf, 3, 4)));
[[noreturn]] void fatal(const char* kind, uint32_t site, const char* format, ...) __attribute__((format(printf, 3, 4)));
// The same at a place that the program itself names.
[[noreturn]] void fatal_at(const char* kind, const char* file, uint32_t line, const char* format, ...) __attribute__((format(printf, 4, 5)));
// A fault of a launch that does not begin: at the place of the kernel.
void fault_in(const char* kind, const Kernel&, const char* format, ...) __attribute__((format(printf, 3, 4)));
// Perhaps a fault: only where it changes an answer.
void suspect(const char* kind, uint32_t site, const char* format, ...) __attribute__((format(printf, 3, 4)));
void event(const char* kind, const char* json_fields);   // e.g. event("launch", "\"kernel\":\"k\",\"grid\":[1,1,1]")
extern "C" [[noreturn]] void hw_unsupported(const char* symbol);

// -- device memory ----------------------------------------------------------------------------------------------------------

void* device_allocate(size_t bytes, size_t alignment = 256);   // poisoned, guarded; null if there is no more
bool device_free(void*);                                        // false: not the start of an allocation
bool find_allocation(const void* inside, void** start, size_t* bytes);
bool find_freed_allocation(const void* inside, void** start, size_t* bytes);
void register_region(void* start, size_t bytes);                // memory of the program that kernels may use
void unregister_region(void* start);
uint64_t memory_generation();                                   // changes with each allocation and each free

// -- streams: work runs at once, in the order of issue, unless the stream is being captured into a graph -----------------

// Library substitutes hand their work here, so that graph capture records it. `stream` is hipStream_t / cudaStream_t.
void enqueue(void* stream, std::function<void()> work);

}  // namespace hw
