// Allocations of every kind. Device memory is host memory, so what keeps the two apart is this registry.
#include "core.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <sys/mman.h>

namespace hw::host {
namespace {

struct Registry {
    std::map<uintptr_t, Allocation> live;             // by start
    std::map<uintptr_t, Allocation> freed;            // until their addresses are used again
    std::map<int, uint64_t> in_use;                   // bytes, by device
    uint64_t next_id = 1;
};

Registry& registry() {
    static auto* it = new Registry;
    return *it;
}

template <class Map>
auto containing(Map& map, const void* inside) {
    auto address = reinterpret_cast<uintptr_t>(inside);
    auto it = map.upper_bound(address);
    if (it == map.begin()) return map.end();
    --it;
    return address < it->first + std::max<size_t>(it->second.bytes, 1) ? it : map.end();
}

const char* name(MemoryKind kind) {
    switch (kind) {
    case MemoryKind::device: return "device";
    case MemoryKind::host: return "pinned host";
    case MemoryKind::managed: return "managed";
    case MemoryKind::registered: return "registered host";
    case MemoryKind::array: return "array";
    }
    return "?";
}

bool on_device(MemoryKind kind) {
    return kind == MemoryKind::device || kind == MemoryKind::managed || kind == MemoryKind::array;
}

// Addresses of freed blocks are given out again; then they are not "freed" any more.
void forget_freed(Registry& all, uintptr_t start, size_t bytes) {
    auto it = all.freed.lower_bound(start);
    if (it != all.freed.begin() && std::prev(it)->first + std::prev(it)->second.bytes > start) --it;
    while (it != all.freed.end() && it->first < start + bytes) it = all.freed.erase(it);
}

}  // namespace

Error allocate(void** out, size_t bytes, MemoryKind kind, unsigned flags, Pool* pool) {
    if (!out) return InvalidValue;
    *out = nullptr;
    if (bytes == 0) return Ok;  // both APIs: success and a null pointer
    if (Error e = broken()) return e;
    if (!pool)
        if (Error e = unsafe_in_capture()) return e;
    Locked locked(table_lock());
    int device = pool ? pool->device : current_device();
    if (on_device(kind) && (bytes > total_memory() || bytes_in_use(device) > total_memory() - bytes)) return OutOfMemory;
    auto* start = static_cast<char*>(device_allocate(bytes));
    if (!start) return OutOfMemory;
    auto& all = registry();
    auto address = reinterpret_cast<uintptr_t>(start);
    forget_freed(all, address, bytes);
    all.live[address] = {start, bytes, kind, flags, device, pool, all.next_id++};
    if (on_device(kind)) all.in_use[device] += bytes;
    if (pool) pool->used_high = std::max(pool->used_high, pool->used += bytes);
    *out = start;
    return Ok;
}

Error release(void* pointer, MemoryKind kind) {
    if (!pointer) return Ok;
    if (Error e = broken()) return e;
    Locked locked(table_lock());
    auto& all = registry();
    auto address = reinterpret_cast<uintptr_t>(pointer);
    auto it = all.live.find(address);
    bool fits = it != all.live.end() &&
                (it->second.kind == kind || (kind == MemoryKind::device && it->second.kind == MemoryKind::managed));
    if (!fits) {
        if (auto old = all.freed.find(address); it == all.live.end() && old != all.freed.end()) {
            fault("invalid-free", 0, "double free of %zu bytes of %s memory", old->second.bytes,
                  name(old->second.kind));
        } else if (it != all.live.end()) {
            fault("invalid-free", 0, "%s memory freed as %s memory", name(it->second.kind), name(kind));
        } else if (auto inside = containing(all.live, pointer); inside != all.live.end()) {
            fault("invalid-free", 0, "free of a pointer %zu bytes into an allocation",
                  size_t(address - inside->first));
        } else {
            fault("invalid-free", 0, "free of a pointer that is no %s memory", name(kind));
        }
        return InvalidValue;
    }
    Allocation gone = it->second;
    all.live.erase(it);
    all.freed[address] = gone;
    if (on_device(gone.kind)) all.in_use[gone.device] -= gone.bytes;
    if (gone.pool && alive(gone.pool)) gone.pool->used -= gone.bytes;
    return device_free(pointer) ? Ok : InvalidValue;
}

Error register_host(void* pointer, size_t bytes, unsigned flags) {
    if (!pointer || !bytes) return InvalidValue;
    Locked locked(table_lock());
    auto& all = registry();
    if (containing(all.live, pointer) != all.live.end()) return HostMemoryAlreadyRegistered;
    auto address = reinterpret_cast<uintptr_t>(pointer);
    forget_freed(all, address, bytes);
    all.live[address] = {static_cast<char*>(pointer), bytes, MemoryKind::registered, flags, current_device(), nullptr,
                         all.next_id++};
    register_region(pointer, bytes);
    return Ok;
}

Error unregister_host(void* pointer) {
    if (!pointer) return InvalidValue;
    Locked locked(table_lock());
    auto& all = registry();
    auto it = all.live.find(reinterpret_cast<uintptr_t>(pointer));
    if (it == all.live.end() || it->second.kind != MemoryKind::registered) return HostMemoryNotRegistered;
    unregister_region(pointer);
    all.live.erase(it);
    return Ok;
}

bool find_memory(const void* inside, Allocation* out) {
    {
        Locked locked(table_lock());
        auto& all = registry();
        if (auto it = containing(all.live, inside); it != all.live.end()) {
            *out = it->second;
            return true;
        }
    }
    if (Symbol symbol; is_device_variable(inside, &symbol)) {
        *out = {symbol.address, symbol.bytes, MemoryKind::device, 0, current_device(), nullptr, 0};
        return true;
    }
    // What the machine gave out by itself, for example to a kernel's malloc.
    void* start;
    size_t bytes;
    if (find_allocation(inside, &start, &bytes)) {
        *out = {static_cast<char*>(start), bytes, MemoryKind::device, 0, current_device(), nullptr, 0};
        return true;
    }
    return false;
}

bool find_freed(const void* inside, Allocation* out) {
    Locked locked(table_lock());
    auto& all = registry();
    auto it = containing(all.freed, inside);
    if (it == all.freed.end()) return false;
    // The system may have given the addresses to someone else since, such as malloc.
    const auto page = reinterpret_cast<uintptr_t>(inside) / 4096 * 4096;
    unsigned char resident;
    if (mincore(reinterpret_cast<void*>(page), 1, &resident) == 0) return false;
    *out = it->second;
    return true;
}

uint64_t bytes_in_use(int device) {
    Locked locked(table_lock());
    return registry().in_use[device];
}

void release_all(int device) {
    Locked locked(table_lock());
    auto& all = registry();
    for (auto it = all.live.begin(); it != all.live.end();) {
        bool goes = it->second.device == device && it->second.kind != MemoryKind::registered;
        if (goes) {
            device_free(it->second.start);
            all.freed[it->first] = it->second;
        }
        it = goes ? all.live.erase(it) : std::next(it);
    }
    all.in_use[device] = 0;
}

// -- pools: accounting only, for memory goes back to the machine when it is freed ------------------------------------------

namespace {
struct Pools { std::set<Pool*> live; std::map<int, Pool*> defaults, current; };
Pools& pools() {
    static auto* it = new Pools;
    return *it;
}
}  // namespace

Pool* default_pool(int device) {
    Locked locked(table_lock());
    auto*& pool = pools().defaults[device];
    if (!pool) {
        pool = new Pool;
        pool->device = device;
        pool->is_default = true;
        pools().live.insert(pool);
    }
    return pool;
}

Pool*& current_pool(int device) {
    Locked locked(table_lock());
    auto*& pool = pools().current[device];
    if (!pool) pool = default_pool(device);
    return pool;
}

bool alive(Pool* pool) {
    Locked locked(table_lock());
    return pools().live.count(pool) != 0;
}

Error create_pool(Pool** out, int device) {
    if (!out) return InvalidValue;
    if (!valid_device(device)) return InvalidDevice;
    Locked locked(table_lock());
    *out = new Pool;
    (*out)->device = device;
    pools().live.insert(*out);
    return Ok;
}

Error destroy_pool(Pool* pool) {
    Locked locked(table_lock());
    if (!pools().live.count(pool) || pool->is_default) return InvalidValue;
    pools().live.erase(pool);
    for (auto& [device, current] : pools().current)
        if (current == pool) current = default_pool(device);
    delete pool;  // its allocations live on until they are freed
    return Ok;
}

}  // namespace hw::host
