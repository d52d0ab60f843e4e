// What the program registers before main, and how a host symbol becomes a running kernel.
#include "core.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>

namespace hw::host {
namespace {

constexpr const char* kMark = "HWMOD:";
constexpr uint64_t kDefaultLds = 48u << 10;           // CUDA: more dynamic shared memory must be asked for

// Device modules register themselves by constructors too, perhaps after the host side's: so names are resolved late.
struct Image {
    std::string id;
    const Module* module = nullptr;
    bool resolved = false;
};
struct HostFunction { Image* image; std::string name; Function function; bool resolved = false; };
struct HostVariable { Image* image; std::string name; };
struct Managed { Image* image; std::string name; void* memory; };

struct Registry {
    std::deque<Image> images;
    std::unordered_map<const void*, HostFunction> functions;
    std::unordered_map<const void*, HostVariable> variables;
    std::vector<Managed> managed;
    std::map<uintptr_t, Symbol> device_variables;     // of the modules resolved so far
    std::map<std::pair<const Module*, const Kernel*>, Function*> handles;
    std::set<const void*> handle_set;
    std::map<const Module*, int> loaded;
};

Registry& registry() {
    static auto* it = new Registry;
    return *it;
}

void resolve_variables(const Module* module) {
    for (uint32_t i = 0; i < module->variable_count; ++i) {
        const Variable& v = module->variables[i];
        registry().device_variables[reinterpret_cast<uintptr_t>(v.address)] = {static_cast<char*>(v.address), v.size};
    }
}

void resolve(Image& image) {
    if (image.resolved) return;
    image.module = image.id.empty() ? nullptr : find_module(image.id.c_str());
    if (!image.module) return;
    image.resolved = true;
    resolve_variables(image.module);
    for (auto& it : registry().managed) {
        if (it.image != &image) continue;
        const Variable* pointer = find_variable(image.module, it.name.c_str());
        if (pointer && pointer->size == sizeof(void*)) std::memcpy(pointer->address, &it.memory, sizeof(void*));
    }
}

// A managed variable of CUDA is one object that the device's module names and the host side does not register.
bool managed_by_device(const void* host, Symbol* out) {
    for (auto& image : registry().images) {
        resolve(image);
        for (uint32_t i = 0; image.module && i < image.module->variable_count; ++i) {
            const Variable& v = image.module->variables[i];
            if (v.kind != 1 || v.address != host) continue;
            *out = {static_cast<char*>(v.address), v.size};
            return true;
        }
    }
    return false;
}

std::string image_id(const void* data) {
    auto* text = static_cast<const char*>(data);
    return text && std::strncmp(text, kMark, std::strlen(kMark)) == 0 ? text + std::strlen(kMark) : "";
}

std::string json_text(const char* text) {
    std::string out;
    for (; *text; ++text) {
        if (*text == '"' || *text == '\\') out += '\\';
        out += *text;
    }
    return out;
}

std::string json(const Dim& d) {
    return "[" + std::to_string(d.x) + "," + std::to_string(d.y) + "," + std::to_string(d.z) + "]";
}

thread_local std::vector<Configuration> configurations;

}  // namespace

// -- registration ---------------------------------------------------------------------------------------------------------------

void** register_image(const void* data) {
    Locked locked(table_lock());
    auto& image = registry().images.emplace_back();
    image.id = image_id(data);
    return reinterpret_cast<void**>(&image);
}

void register_function(void** image, const void* host, const char* name) {
    Locked locked(table_lock());
    registry().functions[host] = {reinterpret_cast<Image*>(image), name, {}};
}

void register_variable(void** image, const void* host, const char* name) {
    Locked locked(table_lock());
    registry().variables[host] = {reinterpret_cast<Image*>(image), name};
}

void register_managed(void** image, void** host_pointer, void* initial, const char* name, size_t bytes) {
    void* memory;
    if (allocate(&memory, bytes, MemoryKind::managed)) fatal("unsupported", 0, "no memory for managed variable %s", name);
    if (initial) std::memcpy(memory, initial, bytes);
    else std::memset(memory, 0, bytes);
    *host_pointer = memory;
    Locked locked(table_lock());
    registry().managed.push_back({reinterpret_cast<Image*>(image), name, memory});
    registry().variables[host_pointer] = {reinterpret_cast<Image*>(image), name};
}

Function* find_function(const void* symbol) {
    Locked locked(table_lock());
    auto& all = registry();
    if (all.handle_set.count(symbol)) return static_cast<Function*>(const_cast<void*>(symbol));
    auto it = all.functions.find(symbol);
    if (it == all.functions.end()) return nullptr;
    HostFunction& found = it->second;
    if (!found.resolved) {
        for (auto& image : all.images) resolve(image);
        found.function.module = found.image->module;
        found.function.kernel = found.image->module ? find_kernel(found.image->module, found.name.c_str()) : nullptr;
        found.resolved = found.function.kernel != nullptr;
    }
    return found.resolved ? &found.function : nullptr;
}

Error find_symbol(const void* host, Symbol* out) {
    Locked locked(table_lock());
    auto& all = registry();
    auto it = all.variables.find(host);
    if (it == all.variables.end()) return managed_by_device(host, out) ? Ok : InvalidSymbol;
    for (auto& managed : all.managed) {
        if (managed.image != it->second.image || managed.name != it->second.name) continue;
        Allocation memory;
        find_memory(managed.memory, &memory);
        *out = {memory.start, memory.bytes};
        return Ok;
    }
    resolve(*it->second.image);
    const Variable* v = it->second.image->module
                            ? find_variable(it->second.image->module, it->second.name.c_str()) : nullptr;
    if (!v) return InvalidSymbol;
    *out = {static_cast<char*>(v->address), v->size};
    return Ok;
}

bool is_device_variable(const void* pointer, Symbol* out) {
    Locked locked(table_lock());
    for (auto& image : registry().images) resolve(image);
    auto& variables = registry().device_variables;
    auto it = variables.upper_bound(reinterpret_cast<uintptr_t>(pointer));
    if (it == variables.begin()) return false;
    --it;
    if (reinterpret_cast<uintptr_t>(pointer) >= it->first + it->second.bytes) return false;
    *out = it->second;
    return true;
}

// -- modules loaded by the program itself -----------------------------------------------------------------------------------

Error load_module(const void* image, const Module** out) {
    if (!image || !out) return InvalidValue;
    std::string id = image_id(image);
    const Module* module = id.empty() ? nullptr : find_module(id.c_str());
    if (!module) return InvalidImage;
    Locked locked(table_lock());
    registry().loaded[module]++;
    resolve_variables(module);
    *out = module;
    return Ok;
}

Error unload_module(const Module* module) {
    Locked locked(table_lock());
    auto it = registry().loaded.find(module);
    if (it == registry().loaded.end()) return InvalidHandle;
    if (--it->second == 0) registry().loaded.erase(it);
    return Ok;
}

Error module_function(const Module* module, const char* name, Function** out) {
    if (!out || !name) return InvalidValue;
    Locked locked(table_lock());
    auto& all = registry();
    if (!all.loaded.count(module)) return InvalidHandle;
    const Kernel* kernel = find_kernel(module, name);
    if (!kernel) return NotFound;
    auto*& handle = all.handles[{module, kernel}];
    if (!handle) {
        handle = new Function;
        handle->kernel = kernel;
        handle->module = module;
        all.handle_set.insert(handle);
    }
    *out = handle;
    return Ok;
}

Error module_variable(const Module* module, const char* name, Symbol* out) {
    if (!name) return InvalidValue;
    Locked locked(table_lock());
    if (!registry().loaded.count(module)) return InvalidHandle;
    const Variable* v = find_variable(module, name);
    if (!v) return NotFound;
    *out = {static_cast<char*>(v->address), v->size};
    return Ok;
}

// -- launches ----------------------------------------------------------------------------------------------------------------------

void push_configuration(const Configuration& configuration) { configurations.push_back(configuration); }

bool pop_configuration(Configuration* out) {
    if (configurations.empty()) return false;
    *out = configurations.back();
    configurations.pop_back();
    return true;
}

uint32_t static_lds(const Kernel* kernel) {
    uint32_t end = 0;
    for (uint32_t i = 0; i < kernel->lds_count; ++i) end = std::max(end, kernel->lds[i].offset + kernel->lds[i].size);
    uint32_t start = end;
    for (uint32_t i = 0; i < kernel->lds_count; ++i) start = std::min(start, kernel->lds[i].offset);
    return end - start;
}

uint32_t max_threads(const Function* function) {
    return function->kernel->max_block ? std::min(function->kernel->max_block, kMaxBlock) : kMaxBlock;
}

uint64_t most_dynamic_lds(const Function* function) {
    uint64_t fixed = static_lds(function->kernel), all = hw_target.is_cuda ? kDefaultLds : hw_target.lds_per_block;
    return std::max<uint64_t>(all > fixed ? all - fixed : 0, function->max_dynamic_lds);
}

Error set_attribute(Function* function, int attribute, int value) {
    enum { MaxDynamicLds = 8, Carveout = 9 };  // the numbers of both runtime and driver APIs
    if (attribute == MaxDynamicLds) {
        if (value < 0 || static_lds(function->kernel) + uint64_t(value) > facts().lds_optin) return InvalidValue;
        function->max_dynamic_lds = uint32_t(value);
        return Ok;
    }
    if (attribute != Carveout || value < -1 || value > 100) return InvalidValue;
    function->carveout = value;
    return Ok;
}

Error limits(const KernelCall& call, const char** why) {
    const Dim &g = call.grid, &b = call.block;
    bool cuda = hw_target.is_cuda;
    *why = "the grid or the block has no lanes";
    if (!g.count() || !b.count()) return InvalidConfiguration;
    *why = "a block has at most 1024 lanes";
    if (b.count() > kMaxBlock) return InvalidConfiguration;
    *why = "a dimension is larger than the device allows";
    if (b.x > 1024 || b.y > 1024 || b.z > (cuda ? 64u : 1024u)) return InvalidConfiguration;
    if (g.x > 0x7fffffffu || (cuda && (g.y > 65535 || g.z > 65535))) return InvalidConfiguration;
    // AMD counts work-items in 32 bits.
    if (!cuda && (uint64_t(g.x) * b.x > UINT32_MAX || uint64_t(g.y) * b.y > UINT32_MAX || uint64_t(g.z) * b.z > UINT32_MAX))
        return InvalidConfiguration;
    *why = "the block is larger than the kernel's launch bounds";
    if (b.count() > max_threads(call.function)) return cuda ? InvalidValue : LaunchFailure;
    *why = "a block has not that much LDS";
    if (call.dynamic_lds > most_dynamic_lds(call.function)) return InvalidValue;
    *why = "the blocks of a cooperative launch do not all fit on the device";
    if (call.cooperative) {
        int blocks = 0;
        active_blocks(&blocks, call.function, int(b.count()), call.dynamic_lds);
        if (g.count() > uint64_t(blocks) * facts().processors) return CooperativeLaunchTooLarge;
    }
    return Ok;
}

Error check(const KernelCall& call) {
    if (!call.function || !call.function->kernel) return InvalidDeviceFunction;
    const char* why = "";
    const Error error = limits(call, &why);
    const Dim &g = call.grid, &b = call.block;
    const Kernel& kernel = *call.function->kernel;
    if (error)
        fault_in("launch", kernel, "a grid of %ux%ux%u blocks of %ux%ux%u lanes with %llu bytes of LDS: %s", g.x, g.y, g.z, b.x, b.y, b.z,
                 static_cast<unsigned long long>(static_lds(&kernel) + call.dynamic_lds), why);
    return error;
}

void keep_arguments(KernelCall& call, void** args) {
    constexpr size_t alignment = 64;
    const Kernel* kernel = call.function->kernel;
    size_t bytes = alignment;
    for (uint32_t i = 0; i < kernel->arg_count; ++i) bytes += (kernel->arg_sizes[i] + alignment - 1) / alignment * alignment;
    std::shared_ptr<char> storage(new char[bytes], std::default_delete<char[]>());
    size_t at = (alignment - reinterpret_cast<uintptr_t>(storage.get()) % alignment) % alignment;
    std::vector<void*> kept;
    for (uint32_t i = 0; i < kernel->arg_count; ++i) {
        kept.push_back(storage.get() + at);
        std::memcpy(kept.back(), args[i], kernel->arg_sizes[i]);
        at += (kernel->arg_sizes[i] + alignment - 1) / alignment * alignment;
    }
    call.storage = storage;
    call.args = std::move(kept);
}

Error perform(const KernelCall& call) {
    if (Error e = check(call)) return e;
    const Kernel* kernel = call.function->kernel;
    std::string fields = "\"kernel\":\"" + json_text(kernel->name) + "\",\"grid\":" + json(call.grid) +
                         ",\"block\":" + json(call.block) +
                         ",\"lds\":" + std::to_string(static_lds(kernel) + call.dynamic_lds);
    event("launch", fields.c_str());
    Launch launch{kernel, call.grid, call.block, call.dynamic_lds, const_cast<void**>(call.args.data()), call.cooperative};
    switch (run(launch)) {
    case LaunchError::none: return Ok;
    case LaunchError::invalid_configuration: return InvalidConfiguration;
    case LaunchError::too_many_resources: return LaunchOutOfResources;
    case LaunchError::fault: break_device(LaunchFailure); return LaunchFailure;
    }
    return Unknown;
}

// Launch by a packed buffer: kernels are known by the sizes of their arguments, so alignment is taken as natural and the
// result accepted only if it fills the buffer exactly.
void* packed_arguments(const Kernel* kernel, char* buffer, size_t bytes, std::vector<void*>& args) {
    for (size_t most : {size_t(16), size_t(8), size_t(4)}) {
        size_t at = 0;
        args.clear();
        for (uint32_t i = 0; i < kernel->arg_count; ++i) {
            size_t size = kernel->arg_sizes[i], align = std::min(most, size ? size & (~size + 1) : 1);
            at = (at + align - 1) / align * align;
            args.push_back(buffer + at);
            at += size;
        }
        if (at == bytes || (at + 7) / 8 * 8 == bytes) return buffer;
    }
    return nullptr;
}

// -- occupancy: by lanes, block slots and LDS. Registers are not known here, so a real device may hold fewer blocks. --------

Error active_blocks(int* out, const Function* function, int block, size_t dynamic_lds) {
    if (!out) return InvalidValue;
    if (!function || !function->kernel) return InvalidDeviceFunction;
    if (block <= 0 || block > int(kMaxBlock)) return InvalidValue;
    const DeviceFacts& device = facts();
    int lanes = int((block + hw_target.wave - 1) / hw_target.wave * hw_target.wave);
    int count = std::min(device.max_threads_per_processor / lanes, device.max_blocks_per_processor);
    uint64_t lds = static_lds(function->kernel) + dynamic_lds;
    if (lds > device.lds_optin) count = 0;
    else if (lds) count = std::min<uint64_t>(count, device.lds_per_processor / lds);
    *out = block > int(max_threads(function)) ? 0 : count;
    return Ok;
}

Error best_block(int* grid, int* block, const Function* function, const std::function<size_t(int)>& lds_of, int limit) {
    if (!grid || !block) return InvalidValue;
    if (!function || !function->kernel) return InvalidDeviceFunction;
    int most = int(max_threads(function)), step = int(hw_target.wave), best = -1;
    if (limit > 0) most = std::min(most, limit);
    for (int size = most; size > 0; size = size % step ? size - size % step : size - step) {
        int blocks = 0;
        active_blocks(&blocks, function, size, lds_of(size));
        if (blocks * size <= best) continue;
        best = blocks * size;
        *block = size;
        *grid = blocks * facts().processors;
    }
    return Ok;
}

}  // namespace hw::host
