// The checked build: each access to memory is looked at before it is made. Out-of-bounds accesses, reads of what nobody
// wrote, and accesses of different lanes that nothing orders are reported at the line of the source.
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>

#include <sys/mman.h>

#include "machine_impl.h"

extern "C" char __executable_start, end;

namespace hw {

thread_local uint64_t check_epoch = 1;

namespace {

std::atomic<uint64_t> total_stores{0}, total_accesses{0};

struct Range { uintptr_t begin = 1, end = 0; struct Cell* cells = nullptr; };

// Who touched four bytes last. Lanes are numbered from 1 over the whole launch.
struct Cell {
    uint64_t writer, reader;
    uint64_t write_epoch, read_epoch;      // check_epoch of the block that did it
    uint32_t write_meetings, read_meetings;
    uint32_t launch;                       // older launches have ended: nothing races with them
    uint8_t atomic_write, many_readers;
};

std::atomic<uint32_t> launches{1};
constexpr size_t kShadowed = size_t(64) << 20;   // larger allocations are not watched for races

std::mutex& mutex() { static std::mutex one; return one; }

// Cells of an allocation; they cost memory only where they are touched.
Cell* cells_of(uintptr_t begin, size_t bytes) {
    struct Shadow { size_t bytes; Cell* cells; };
    static auto* shadows = new std::map<uintptr_t, Shadow>;
    if (bytes > kShadowed) return nullptr;
    std::lock_guard<std::mutex> lock(mutex());
    Shadow& shadow = (*shadows)[begin];
    if (!shadow.cells || shadow.bytes < bytes) {
        const size_t wanted = (bytes / 4 + 2) * sizeof(Cell);
        void* place = mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (place == MAP_FAILED) return nullptr;
        shadow = {bytes, static_cast<Cell*>(place)};
    }
    return shadow.cells;
}

Cell* lds_cells() {
    static thread_local Cell* cells = nullptr;
    if (!cells) {
        void* place = mmap(nullptr, (kLdsBytes / 4 + 2) * sizeof(Cell), PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        cells = place == MAP_FAILED ? nullptr : static_cast<Cell*>(place);
    }
    return cells;
}

enum class Access { load, store, atomic };

const char* verb(Access access) { return access == Access::load ? "read" : access == Access::store ? "write" : "atomic access"; }

uint64_t lane_number() {
    const Lane& lane = *hw_self;
    const uint64_t block = lane.block_id.x + uint64_t(lane.grid_dim.x) * (lane.block_id.y + uint64_t(lane.grid_dim.y) * lane.block_id.z);
    return block * kMaxBlock + lane.linear + 1;
}

// Whether the access of the running lane and one by `other` happen in no order that the program made.
// Gives the kind of fault, null if they are ordered.
const char* unordered(uint64_t me, uint64_t other, uint64_t epoch, uint32_t meetings, bool in_lds) {
    if (!other || other == me) return nullptr;
    const uint64_t my_block = (me - 1) / kMaxBlock, its_block = (other - 1) / kMaxBlock;
    // Blocks can order themselves by atomics and fences; only their outcome in another order shows whether they did.
    if (my_block != its_block) return nullptr;
    if (epoch != check_epoch) return nullptr;   // a barrier lies between
    (void)in_lds;
    const uint32_t my_lane = uint32_t((me - 1) % kMaxBlock), its_lane = uint32_t((other - 1) % kMaxBlock);
    if (my_lane / hw_target.wave != its_lane / hw_target.wave) return "race";
    return meetings == hw_self->meetings ? "lockstep" : nullptr;
}

void watch(Cell* cells, uintptr_t offset, size_t size, Access access, uint32_t site, bool in_lds) {
    const uint64_t me = lane_number();
    const uint32_t launch = launches.load(std::memory_order_relaxed);
    for (size_t i = offset / 4; i <= (offset + size - 1) / 4; ++i) {
        Cell& cell = cells[i];
        if (cell.launch != launch) { std::memset(&cell, 0, sizeof cell); cell.launch = launch; }
        // Bytes and halves of one word may belong to different lanes.
        const bool whole = size >= 4;
        const char* kind = nullptr;
        uint64_t other = 0;
        if (whole && !(access == Access::atomic && cell.atomic_write)) {
            kind = unordered(me, cell.writer, cell.write_epoch, cell.write_meetings, in_lds);
            other = cell.writer;
            if (!kind && access != Access::load) {
                kind = unordered(me, cell.reader, cell.read_epoch, cell.read_meetings, in_lds);
                other = cell.reader;
            }
        }
        if (kind) {
            fault(kind, site, "%s of %s that lane %llu of the block also accesses, and no %s orders the two", verb(access),
                  in_lds ? "LDS" : "memory", (unsigned long long)((other - 1) % kMaxBlock), std::strcmp(kind, "race") ? "wave operation" : "barrier");
        }
        if (!whole) continue;
        if (access == Access::load) {
            cell.reader = me;
            cell.read_epoch = check_epoch;
            cell.read_meetings = hw_self->meetings;
        } else {
            cell.writer = me;
            cell.write_epoch = check_epoch;
            cell.write_meetings = hw_self->meetings;
            cell.atomic_write = access == Access::atomic;
        }
    }
}

void uninitialised(const unsigned char* pointer, size_t size, uint32_t site, const char* what) {
    if (size < 4) return;   // a byte may have the poison's value by chance
    const unsigned char poison = uint8_t(poison_byte());
    for (size_t i = 0; i < 4; ++i)
        if (pointer[i] != poison) return;
    fault("uninitialised", site, "read of %s that nobody wrote", what);
}

void check_lds_access(uintptr_t offset, const unsigned char* pointer, size_t size, Access access, uint32_t site) {
    const Launch* launch = running_launch();
    if (!launch) return;
    bool inside = offset >= kReservedLds || (offset >= kDynamicLds && offset + size <= kDynamicLds + launch->dynamic_lds);
    for (uint32_t i = 0; i < launch->kernel->lds_count && !inside; ++i) {
        const LdsRange& range = launch->kernel->lds[i];
        inside = offset >= range.offset && offset + size <= range.offset + range.size;
    }
    if (!inside) {
        fault("lds-overrun", site, "%s of %zu bytes of LDS outside of every variable%s", verb(access), size,
              offset >= kDynamicLds ? " (behind the dynamic LDS that the launch asked for)" : "");
        return;
    }
    if (access == Access::load) uninitialised(pointer, size, site, "LDS");
    if (Cell* cells = lds_cells()) watch(cells, offset, size, access, site, true);
}

void check(const void* given, size_t size, Access access, uint32_t site) {
    if (!hw_self || !size) return;
    const auto* pointer = static_cast<const unsigned char*>(given);
    const uintptr_t address = reinterpret_cast<uintptr_t>(given);
    if (pointer >= hw_lds && pointer < hw_lds + kLdsBytes) {
        if (access != Access::load) total_stores.fetch_add(1, std::memory_order_relaxed);
        return check_lds_access(uintptr_t(pointer - hw_lds), pointer, size, access, site);
    }
    if (on_lane_stack(given)) return;
    total_accesses.fetch_add(1, std::memory_order_relaxed);
    if (access != Access::load) total_stores.fetch_add(1, std::memory_order_relaxed);
    static thread_local Range last;
    static thread_local uint32_t last_launch = 0;
    const uint32_t launch = launches.load(std::memory_order_relaxed);
    if (last_launch != launch || address < last.begin || address + size > last.end) {
        void* start = nullptr;
        size_t bytes = 0;
        if (find_allocation(given, &start, &bytes)) {
            const uintptr_t begin = reinterpret_cast<uintptr_t>(start);
            if (address + size > begin + bytes)
                return fatal("out-of-bounds", site, "%s of %zu bytes %zu bytes behind the start of an allocation of %zu bytes",
                             verb(access), size, size_t(address - begin), bytes);
            last = {begin, begin + bytes, cells_of(begin, bytes)};
            last_launch = launch;
        } else if (pointer >= reinterpret_cast<unsigned char*>(&__executable_start) && pointer < reinterpret_cast<unsigned char*>(&end)) {
            return;   // a __device__ or __constant__ variable
        } else {
            return fatal("out-of-bounds", site, "%s of %zu bytes at %p, which is no device memory", verb(access), size, given);
        }
    }
    if (access == Access::load) uninitialised(pointer, size, site, "device memory");
    if (last.cells) watch(last.cells, address - last.begin, size, access, site, false);
}

}  // namespace

uint64_t checked_stores(uint64_t* accesses) {
    ++launches;
    *accesses = total_accesses.exchange(0);
    return total_stores.exchange(0);
}

}  // namespace hw

extern "C" {
void hw_check_load(const void* pointer, uint64_t size, uint32_t site) { hw::check(pointer, size, hw::Access::load, site); }
void hw_check_store(const void* pointer, uint64_t size, uint32_t site) { hw::check(pointer, size, hw::Access::store, site); }
void hw_check_atomic(const void* pointer, uint64_t size, uint32_t site) { hw::check(pointer, size, hw::Access::atomic, site); }
}
