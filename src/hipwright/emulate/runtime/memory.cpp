// Device memory: each allocation ends at a page that may not be touched, so that the first access behind it is seen.
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>

#include <sys/mman.h>

#include "machine_impl.h"

namespace hw {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kGuarded = 20000;           // the system limits the number of mappings
constexpr size_t kPoisoned = size_t(1) << 30;   // bytes of one allocation that are filled; more would cost seconds

struct Allocation { size_t bytes; unsigned char* mapping; size_t mapped; };

std::mutex& mutex() { static std::mutex one; return one; }
std::map<uintptr_t, Allocation>& table() { static auto* one = new std::map<uintptr_t, Allocation>; return *one; }

}  // namespace

void* device_allocate(size_t bytes, size_t alignment) {
    if (alignment < 256) alignment = 256;
    const size_t wanted = bytes ? bytes : 1;
    if (wanted > (size_t(1) << 40)) return nullptr;
    const size_t body = (wanted + alignment - 1) / alignment * alignment;
    const size_t pages = (body + kPage - 1) / kPage * kPage;
    std::lock_guard<std::mutex> lock(mutex());
    const bool guarded = table().size() < kGuarded && alignment <= kPage;
    const size_t mapped = pages + (guarded ? kPage : alignment);
    void* place = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place == MAP_FAILED) return nullptr;
    unsigned char* mapping = static_cast<unsigned char*>(place);
    unsigned char* start;
    if (guarded) {
        mprotect(mapping + pages, kPage, PROT_NONE);
        start = mapping + pages - body;
    } else {
        start = reinterpret_cast<unsigned char*>((reinterpret_cast<uintptr_t>(mapping) + alignment - 1) / alignment * alignment);
    }
    std::memset(start, poison_byte(), wanted < kPoisoned ? body : kPoisoned);
    table()[reinterpret_cast<uintptr_t>(start)] = {bytes, mapping, mapped};
    return start;
}

bool device_free(void* pointer) {
    std::lock_guard<std::mutex> lock(mutex());
    const auto found = table().find(reinterpret_cast<uintptr_t>(pointer));
    if (found == table().end()) return false;
    munmap(found->second.mapping, found->second.mapped);
    table().erase(found);
    return true;
}

bool find_allocation(const void* inside, void** start, size_t* bytes) {
    std::lock_guard<std::mutex> lock(mutex());
    const uintptr_t address = reinterpret_cast<uintptr_t>(inside);
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
