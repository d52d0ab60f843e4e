// Device memory: each allocation ends where nothing may be touched, so that the first access behind it is seen.
#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>

#include <sys/mman.h>

#include "machine_impl.h"

namespace hw {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kGuarded = 20000;           // the system limits the number of mappings
// The first allocations lie so far apart that hardly a wrong index reaches the next one: what it meets there would
// differ from one side of a comparison to the other. Only addresses are spent, 8 TiB of 128.
constexpr size_t kApart = 2048;
constexpr size_t kGap = size_t(4) << 30;
constexpr size_t kPoisoned = size_t(1) << 30;   // bytes of one allocation that are filled; more would cost seconds

constexpr size_t kKept = 512;                // freed allocations whose addresses are not given out again yet

struct Allocation { size_t bytes; unsigned char* mapping; size_t mapped; };

std::mutex& mutex() { static std::mutex one; return one; }
std::map<uintptr_t, Allocation>& table() { static auto* one = new std::map<uintptr_t, Allocation>; return *one; }
std::map<uintptr_t, size_t>& regions() { static auto* one = new std::map<uintptr_t, size_t>; return *one; }
std::deque<std::pair<uintptr_t, Allocation>>& freed() { static auto* one = new std::deque<std::pair<uintptr_t, Allocation>>; return *one; }
std::atomic<uint64_t> generation{1};

}  // namespace

void* device_allocate(size_t bytes, size_t alignment) {
    if (alignment < 256) alignment = 256;
    const size_t wanted = bytes ? bytes : 1;
    if (wanted > (size_t(1) << 40)) return nullptr;
    const size_t body = (wanted + alignment - 1) / alignment * alignment;
    const size_t pages = (body + kPage - 1) / kPage * kPage;
    std::lock_guard<std::mutex> lock(mutex());
    const bool guarded = table().size() < kGuarded && alignment <= kPage;
    const size_t mapped = pages + (!guarded ? alignment : table().size() < kApart ? kGap : kPage);
    void* place = mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED) return nullptr;
    if (mprotect(place, guarded ? pages : mapped, PROT_READ | PROT_WRITE) != 0) {
        munmap(place, mapped);
        return nullptr;
    }
    unsigned char* mapping = static_cast<unsigned char*>(place);
    unsigned char* start;
    if (guarded) {
        start = mapping + pages - body;
    } else {
        start = reinterpret_cast<unsigned char*>((reinterpret_cast<uintptr_t>(mapping) + alignment - 1) / alignment * alignment);
    }
    std::memset(start, poison_byte(), wanted < kPoisoned ? body : kPoisoned);
    table()[reinterpret_cast<uintptr_t>(start)] = {bytes, mapping, mapped};
    ++generation;
    return start;
}

bool device_free(void* pointer) {
    std::lock_guard<std::mutex> lock(mutex());
    const auto found = table().find(reinterpret_cast<uintptr_t>(pointer));
    if (found == table().end()) return false;
    // A later allocation at the same place would hide a use after this.
    void* kept = mmap(found->second.mapping, found->second.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (kept != MAP_FAILED) freed().push_back(*found);
    else munmap(found->second.mapping, found->second.mapped);
    if (freed().size() > kKept) {
        munmap(freed().front().second.mapping, freed().front().second.mapped);
        freed().pop_front();
    }
    ++generation;
    table().erase(found);
    check_freed(pointer);
    return true;
}

bool find_freed_allocation(const void* inside, void** start, size_t* bytes) {
    std::lock_guard<std::mutex> lock(mutex());
    const uintptr_t address = reinterpret_cast<uintptr_t>(inside);
    for (const auto& [begin, allocation] : freed()) {
        if (address < begin || address >= begin + allocation.bytes) continue;
        *start = reinterpret_cast<void*>(begin);
        *bytes = allocation.bytes;
        return true;
    }
    return false;
}

void register_region(void* start, size_t bytes) {
    std::lock_guard<std::mutex> lock(mutex());
    regions()[reinterpret_cast<uintptr_t>(start)] = bytes;
    ++generation;
}

void unregister_region(void* start) {
    std::lock_guard<std::mutex> lock(mutex());
    regions().erase(reinterpret_cast<uintptr_t>(start));
    ++generation;
}

uint64_t memory_generation() { return generation.load(std::memory_order_relaxed); }

bool find_allocation(const void* inside, void** start, size_t* bytes) {
    std::lock_guard<std::mutex> lock(mutex());
    const uintptr_t address = reinterpret_cast<uintptr_t>(inside);
    if (auto region = regions().upper_bound(address); region != regions().begin() && address - std::prev(region)->first < std::prev(region)->second) {
        --region;
        if (start) *start = reinterpret_cast<void*>(region->first);
        if (bytes) *bytes = region->second;
        return true;
    }
    auto next = table().upper_bound(address);
    if (next == table().begin()) return false;
    --next;
    // One past the end still belongs to it, as a pointer.
    if (address > next->first + next->second.bytes) return false;
    if (start) *start = reinterpret_cast<void*>(next->first);
    if (bytes) *bytes = next->second.bytes;
    return true;
}

}  // namespace hw
