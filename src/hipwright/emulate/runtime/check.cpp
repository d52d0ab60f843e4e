// The checked build: each access to memory is looked at before it is made. Accesses outside of every object are faults at
// the line of the source, and so are accesses of different lanes that nothing orders and of which one changes the value.
//
// A checked program runs its blocks on one OS thread, so that nothing here needs a lock. Time is a clock that ticks at
// whatever orders accesses: launches, blocks, barriers, meetings of lanes, fences and atomic operations.
//
// What may be harmless is only a suspect: reads of memory that nobody wrote (they may be copies of padding), and values
// that another block changes. Suspects become faults where another filling or another order changes an answer (verify.py).
#include <algorithm>
#include <bitset>
#include <cstdlib>
#include <cstring>
#include <map>
#include <unordered_map>
#include <vector>

#include <sys/mman.h>

#include "machine_impl.h"

namespace hw {

namespace {

// Bits of the word that says how an access is made; ir.py has the same.
enum : uint32_t { kLoad = 1, kStore = 2, kAtomic = 4, kVolatile = 8, kCopy = 16, kDecides = 32, kAcquire = 64 };

// Who touched a word last, or a byte: those have cells of their own, because neighbours may belong to other lanes. Lanes are numbered over the whole launch; stamps are times of the clock.
struct Cell {
    uint32_t writer, write_stamp;
    uint32_t reader, read_stamp, read_site;
    uint32_t other_reader, other_stamp;   // the last reader but one: one of the two is not the lane that writes
    uint32_t before;                      // what stood there before the writer began
    uint32_t write_site;
    uint8_t write_how, read_how;
};

struct Cells { Cell *words, *bytes; };
struct Range { uintptr_t begin, end; Cells cells; };

constexpr size_t kShadowed = size_t(64) << 20;   // bytes of one allocation that is watched for races
constexpr size_t kAllShadowed = size_t(256) << 20;
constexpr uint64_t kLastStamp = UINT32_MAX;
constexpr uint32_t kWord = 4;

uint64_t now = 1, launch_start = 1;
uint64_t total_stores = 0, to_hand_over = 0;      // writes; and accesses that an order with others may matter for
bool overran = false;                            // the launch accessed LDS outside of its variables, and that was told
uint32_t block_base = 0;                         // number of the running block's first lane

// -- cells ------------------------------------------------------------------------------------------------------------------

struct Shadow { size_t bytes; Cells cells; };
std::unordered_map<uintptr_t, Shadow>& shadows() { static auto* all = new std::unordered_map<uintptr_t, Shadow>; return *all; }
size_t shadowed = 0;

Cell* new_cells(size_t count) {
    void* place = mmap(nullptr, count * sizeof(Cell), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return place == MAP_FAILED ? nullptr : static_cast<Cell*>(place);
}

// Cells of an object; they cost memory only where they are touched.
Cells cells_of(uintptr_t begin, size_t bytes) {
    if (bytes > kShadowed) return {};
    Shadow& shadow = shadows()[begin];
    if (!shadow.cells.words) {
        if (shadowed + bytes > kAllShadowed) return {};
        shadowed += bytes;
        shadow = {bytes, {new_cells(bytes / kWord + 1), new_cells(bytes)}};
    }
    return shadow.cells;
}

Cells lds_cells() {
    static const Cells cells{new_cells(kLdsBytes / kWord), new_cells(kLdsBytes)};
    return cells;
}

// -- objects in memory --------------------------------------------------------------------------------------------------------

struct Slot { uintptr_t page; uint64_t generation; Range range; };
constexpr size_t kSlots = 256;
Slot slots[kSlots];

const Range* known_range(uintptr_t address, size_t size) {
    const Slot& slot = slots[address / 4096 % kSlots];
    return slot.page == address / 4096 && slot.generation == memory_generation() && address >= slot.range.begin &&
                   address + size <= slot.range.end ? &slot.range : nullptr;
}

const Range* remember(uintptr_t address, uintptr_t begin, size_t bytes) {
    Slot& slot = slots[address / 4096 % kSlots];
    slot = {address / 4096, memory_generation(), {begin, begin + bytes, cells_of(begin, bytes)}};
    return &slot.range;
}

const char* verb(uint32_t how) { return how & kAtomic ? "atomic access" : how & kStore ? "write" : "read"; }

// The object that an access lies in; null where it needs no further look. Ends the kernel where it lies in none.
const Range* range_of(const void* given, size_t size, uint32_t how, uint32_t site) {
    const uintptr_t address = reinterpret_cast<uintptr_t>(given);
    if (on_lane_stack(given) || is_machine_memory(given)) return nullptr;
    void* start = nullptr;
    size_t bytes = 0;
    if (find_allocation(given, &start, &bytes)) {
        const uintptr_t begin = reinterpret_cast<uintptr_t>(start);
        if (address + size > begin + bytes)
            fatal("out-of-bounds", site, "%s of %zu bytes %zu bytes behind the start of an allocation of %zu bytes", verb(how),
                  size, size_t(address - begin), bytes);
        return remember(address, begin, bytes);
    }
    if (find_freed_allocation(given, &start, &bytes))
        fatal("out-of-bounds", site, "%s of %zu bytes in an allocation of %zu bytes that was freed", verb(how), size, bytes);
    const char* name = nullptr;
    if (const Variable* variable = variable_at(given)) {
        const uintptr_t begin = reinterpret_cast<uintptr_t>(variable->address);
        if (address + size > begin + variable->size)
            fatal("out-of-bounds", site, "%s of %zu bytes %zu bytes behind the start of the variable %s of %zu bytes", verb(how),
                  size, size_t(address - begin), variable->name, size_t(variable->size));
        return remember(address, begin, variable->size);
    }
    if (const Variable* variable = variable_before(given))
        name = address - reinterpret_cast<uintptr_t>(variable->address) < variable->size + 4096 ? variable->name : nullptr;
    fatal("out-of-bounds", site, "%s of %zu bytes at %p, which is no device memory%s%s%s", verb(how), size, given,
          name ? " (behind the variable " : "", name ? name : "", name ? ")" : "");
}

// -- order between lanes -------------------------------------------------------------------------------------------------------

constexpr uint64_t kNever = UINT64_MAX;

// Fences, in the order of their times, of which each hands over what was done before some time.
class Fences {
public:
    void add(uint64_t before) {
        // A fence has nothing new where there was nothing to hand over since the last one, as in loops that wait.
        if (!list_.empty() && (list_.back().before >= before || handed_ == to_hand_over)) return;
        if (list_.size() < kMost) list_.push_back({now, before});
        else list_.back().before = before;
        handed_ = to_hand_over;
    }
    uint64_t first(uint64_t stamp) const {   // that hands over what was done then
        const auto found = std::upper_bound(list_.begin(), list_.end(), stamp, [](uint64_t t, const Fence& each) { return t < each.before; });
        return found == list_.end() ? kNever : found->at;
    }

private:
    static constexpr size_t kMost = 1 << 14;
    struct Fence { uint64_t at, before; };
    std::vector<Fence> list_;
    uint64_t handed_ = 0;
};

// Those of the block, and those that reach beyond it; by number of the lane, the wavefront or the block.
enum Scope : uint32_t { kBlockScope, kDeviceScope };
using FencesOf = std::unordered_map<uint32_t, Fences>;
FencesOf lane_fences[2], wave_fences[2], block_fences;

// How far a block is in what orders its lanes with each other and with other blocks. A lane has `synced` by an atomic or
// volatile access or a fence, which may have seen another block's, and `observed` something where that was an atomic
// operation or decided a branch; a fence of the device behind it `acquired` it.
struct Progress {
    uint64_t ordered_since = 0;                  // the last barrier
    uint64_t synced = 0, observed = 0, acquired = 0;   // the last of any lane
    uint64_t joined_synced = 0, joined_observed = 0, joined_acquired = 0;   // the same before the last barrier
    uint64_t strong = 0, strong_lane = 0, strong_after = 0;   // the last atomic or volatile access, its lane, the barrier before it
};
Progress here;                                   // of the running block
bool ended = false;                              // it did
std::unordered_map<uint32_t, Progress> elsewhere;   // of others that began, where there is something to say
uint64_t observed_before = 0;                    // what the running access's lane had observed before it

uint32_t lane_number() { return block_base + hw_self->linear + 1; }
uint32_t block_of(uint32_t lane) { return (lane - 1) / kMaxBlock; }   // lane 0, nobody, is of no block
uint32_t in_block(uint32_t lane) { return (lane - 1) % kMaxBlock; }
uint32_t wave_of(uint32_t lane) { return (lane - 1) / hw_target.wave; }

// When what a lane did at `stamp` was handed over by a fence: its own, or one behind a meeting or a barrier with it.
uint64_t handed_over(uint32_t lane, uint64_t stamp, Scope scope) {
    uint64_t first = kNever;
    const auto look = [&](const FencesOf& all, uint32_t key) {
        if (all.empty()) return;
        if (const auto found = all.find(key); found != all.end()) first = std::min(first, found->second.first(stamp));
    };
    for (uint32_t wide = scope; wide <= kDeviceScope; ++wide) {
        look(lane_fences[wide], lane);
        look(wave_fences[wide], wave_of(lane));
    }
    if (scope == kDeviceScope) look(block_fences, block_of(lane));
    return first;
}

enum class Relation { ordered, lockstep, race, blocks, unfenced, unacquired };

// Whether an access is one of those that flags are passed by.
bool is_strong(uint32_t how) { return how & (kAtomic | kVolatile); }

// How the running lane stands to an access that `other` made at `stamp`.
Relation relation(uint32_t other, uint32_t stamp, uint32_t how) {
    const uint32_t me = lane_number();
    if (stamp < launch_start || other == me || !other) return Relation::ordered;
    const Lane& self = *hw_self;
    const uint64_t synced = std::max(self.synced, here.joined_synced);
    if (block_of(other) == block_of(me)) {
        if (stamp < here.ordered_since) return Relation::ordered;
        if (synced >= handed_over(other, stamp, kBlockScope)) return Relation::ordered;
        if (in_block(other) / hw_target.wave != self.linear / hw_target.wave) return Relation::race;
        return self.met > stamp && last_meeting(in_block(other)) > stamp ? Relation::ordered : Relation::lockstep;
    }
    const uint64_t fence = handed_over(other, stamp, kDeviceScope);
    if (fence != kNever) {
        // A plain read may find what the block's own cache has kept, unless a fence stands behind the flag's read.
        const bool plain_read = how & kLoad && !is_strong(how);
        if (plain_read ? std::max(self.acquired, here.joined_acquired) >= fence : synced >= fence) return Relation::ordered;
        return synced >= fence ? Relation::unacquired : Relation::blocks;
    }
    const auto found = elsewhere.find(block_of(other));
    if (found == elsewhere.end()) return Relation::blocks;
    const Progress& theirs = found->second;
    const bool follows = theirs.strong > stamp && (theirs.strong_lane == other || theirs.strong_after > stamp);
    return follows && std::max(observed_before, here.joined_observed) > theirs.strong ? Relation::unfenced : Relation::blocks;
}

// Where the other access was made, as the end of a sentence's part.
std::string at(uint32_t site) { return site ? " (at " + place_text(site) + ")" : ""; }

struct Other { uint32_t lane, site; };

void tell(Relation found, const char* what, Other other, uint32_t site, bool in_lds) {
    const char* memory = in_lds ? "LDS" : "memory";
    const unsigned lane = in_block(other.lane), block = block_of(other.lane);
    const std::string place = at(other.site);
    switch (found) {
        case Relation::ordered: return;
        case Relation::race:
            return fault("race", site, "%s of %s that lane %u of the block also accesses%s, and no barrier orders the two", what, memory, lane,
                         place.c_str());
        case Relation::lockstep:
            return fault("lockstep", site, "%s of %s that lane %u of the same wavefront also accesses%s, and nothing but lockstep orders the two",
                         what, memory, lane, place.c_str());
        case Relation::unfenced:
            return fault("race", site, "%s of memory that block %u also accesses%s: an atomic hands it over, but no __threadfence() stands before it",
                         what, block, place.c_str());
        case Relation::unacquired:
            return fault("race", site, "%s of memory that block %u hands over%s: it is not volatile, and no __threadfence() stands behind the flag's read",
                         what, block, place.c_str());
        case Relation::blocks:
            return fault("race", site, "%s of memory that block %u also accesses%s, and nothing orders the two", what, block, place.c_str());
    }
}

// What can only be judged when the access has been made: whether it changes the value.
enum class What { overwrite, write };
struct Pending {
    const unsigned char* word;
    uint32_t before, bytes;
    Relation relation;
    What what;
    Other other;
    uint32_t site;
    bool in_lds;
    Lane lane;
};
std::vector<Pending> pending;

uint32_t value_at(const unsigned char* place, uint32_t bytes) {
    uint32_t value = *place;
    if (bytes == kWord) std::memcpy(&value, place, sizeof value);
    return value;
}

// Tells of what another lane than the running one did.
template <class Tell> void as_lane(const Lane& lane, Tell tell) {
    Lane copy = lane, *running = hw_self;
    hw_self = &copy;
    tell();
    hw_self = running;
}

void settle() {
    for (const Pending& each : pending) {
        if (value_at(each.word, each.bytes) == each.before) continue;
        // Two blocks that write different values leave what the order makes of them.
        as_lane(each.lane, [&] {
            if (each.relation == Relation::blocks && each.what == What::overwrite)
                fault("race", each.site, "write of memory that block %u writes another value to%s, and nothing orders the two",
                      block_of(each.other.lane), at(each.other.site).c_str());
            else
                tell(each.relation, "write", each.other, each.site, each.in_lds);
        });
    }
    pending.clear();
}

// A plain read of what others change by atomics: right where the reader goes on to an atomic of its own (a loop around
// compare-and-swap, a look before an atomic maximum), at least once at that place; else it may see any state.
struct Peek { Other other; Relation relation; bool in_lds; Lane lane; };
std::unordered_map<uint32_t, Peek> peeks;
std::unordered_map<uint32_t, bool> peek_is_fine;

void peeked(Relation found, Other other, uint32_t site, bool in_lds) {
    if (found != Relation::race && found != Relation::lockstep) return;
    const auto [known, added] = peeks.emplace(site, Peek{other, found, in_lds, *hw_self});
    if (!added && known->second.relation == Relation::lockstep) known->second = {other, found, in_lds, *hw_self};
}

// Whether two accesses of which one writes need no order: those that are atomic, and those that pass a flag.
bool passes_flag(uint32_t how, uint32_t other, Relation found) {
    if ((how & kAtomic && is_strong(other)) || (is_strong(how) && other & kAtomic)) return true;
    // Volatile accesses of different wavefronts are how flags are passed; between blocks the one that reads has to be.
    if (found == Relation::lockstep || found == Relation::ordered) return false;
    if (found == Relation::race) return (how | other) & kVolatile;
    return (how & kLoad ? how : how | other) & kVolatile;
}

void watch_one(Cell& cell, const unsigned char* place, uint32_t bytes, uint32_t how, uint32_t site, bool in_lds) {
    const uint32_t me = lane_number(), stamp = uint32_t(now);
    const uint32_t value = value_at(place, bytes);
    // Each block has LDS of its own.
    const auto foreign = [&](uint32_t lane) { return in_lds && block_of(lane) != block_of(me); };
    if (cell.writer != me && !foreign(cell.writer) && cell.write_stamp >= launch_start) {
        const Relation found = relation(cell.writer, cell.write_stamp, how);
        const Other other{cell.writer, cell.write_site};
        // What is read as flags are and decides nothing is data, which a flag hands over.
        const bool data = found == Relation::unfenced && !(how & (kStore | kDecides)) && !(cell.write_how & kAtomic);
        if (found != Relation::ordered && (data || !passes_flag(how, cell.write_how, found))) {
            if (how == kLoad && cell.write_how & kAtomic) peeked(found, other, site, in_lds);
            else if (how & kLoad) { if (value != cell.before) tell(found, verb(how), other, site, in_lds); }
            else pending.push_back({place, value, bytes, found, What::overwrite, other, site, in_lds, *hw_self});
        }
    }
    if (!(how & kStore)) {
        if (cell.reader != me) cell.other_reader = cell.reader, cell.other_stamp = cell.read_stamp;
        cell.reader = me, cell.read_stamp = stamp, cell.read_site = site, cell.read_how = uint8_t(how);
        return;
    }
    const uint32_t readers[2] = {cell.reader, cell.other_reader}, stamps[2] = {cell.read_stamp, cell.other_stamp};
    for (int r = 0; r < 2; ++r) {
        if (!readers[r] || readers[r] == me || foreign(readers[r]) || stamps[r] < launch_start) continue;
        const Relation found = relation(readers[r], stamps[r], kStore);
        if (found == Relation::ordered || (how & kAtomic && is_strong(cell.read_how)) ||
            ((how | cell.read_how) & kVolatile && found != Relation::lockstep)) continue;
        // Of a read that an atomic makes wrong, the reader's place is told.
        if (how & kAtomic) peeked(found, {readers[r], site}, cell.read_site, in_lds);
        else pending.push_back({place, value, bytes, found, What::write, {readers[r], r ? 0 : cell.read_site}, site, in_lds, *hw_self});
        break;
    }
    if (how & kAtomic && cell.reader == me && cell.read_stamp >= launch_start) peek_is_fine[cell.read_site] = true;
    if (cell.writer != me || cell.write_stamp < std::max(launch_start, here.ordered_since)) cell.before = value;
    cell.writer = me, cell.write_stamp = stamp, cell.write_site = site, cell.write_how = uint8_t(how);
}

void watch(const Cells& cells, uintptr_t offset, const unsigned char* pointer, size_t size, uint32_t how, uint32_t site, bool in_lds) {
    if (now > kLastStamp) return;
    const uint32_t step = (offset | size) % kWord ? 1 : kWord;
    for (size_t i = 0; i < size; i += step)
        watch_one(step == 1 ? cells.bytes[offset + i] : cells.words[(offset + i) / kWord], pointer + i, step, how, site, in_lds);
}

void uninitialised(const unsigned char* pointer, size_t size, uint32_t site, const char* what) {
    static const uint32_t poison = uint32_t(poison_byte()) * 0x01010101u;
    const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
    // A byte may have the poison's value by chance: the whole word that it lies in has to have it.
    uint32_t value;
    std::memcpy(&value, reinterpret_cast<const void*>(size < kWord ? address & ~uintptr_t(3) : address), sizeof value);
    if (value != poison) return;
    // $HIPWRIGHT_REFILL: the number of a site, whose reads then find other bytes. An answer that changes hangs on them.
    static const char* refill = std::getenv("HIPWRIGHT_REFILL");
    static const uint64_t refilled = refill ? std::strtoull(refill, nullptr, 10) : 0;
    if (refilled == site) std::memset(const_cast<unsigned char*>(pointer), 0x7B, size);
    suspect("uninitialised", site, "read of %s that nobody wrote", what);
}

bool looks(uint32_t how) { return how & kLoad && !(how & kCopy); }

// -- barriers that some lanes go round -----------------------------------------------------------------------------------------

struct Visits { std::bitset<kMaxBlock> arrived, passed; Lane lane; };
std::map<std::pair<uint32_t, uint32_t>, Visits> visits;   // by block and barrier

// -- one access -----------------------------------------------------------------------------------------------------------------

void check_lds(uintptr_t offset, const unsigned char* pointer, size_t size, uint32_t how, uint32_t site, const LdsRange* variable) {
    const Launch* launch = running_launch();
    if (!launch) return;
    bool inside = false;
    if (variable && variable->offset < kDynamicLds) {
        inside = offset >= variable->offset && offset + size <= variable->offset + variable->size;
    } else {
        inside = offset >= kReservedLds || (offset >= kDynamicLds && offset + size <= kDynamicLds + launch->dynamic_lds);
        for (uint32_t i = 0; i < launch->kernel->lds_count && !inside; ++i) {
            const LdsRange& range = launch->kernel->lds[i];
            inside = offset >= range.offset && offset + size <= range.offset + range.size;
        }
    }
    if (!inside) {
        if (offset < kDynamicLds && !variable && several_units()) return;   // another unit's variable may lie there
        overran = true;
        fault("lds-overrun", site, "%s of %zu bytes of LDS outside of %s%s", verb(how), size, variable && variable->name ? "the variable " : "every variable",
              variable && variable->name ? variable->name : offset >= kDynamicLds ? " (behind the dynamic LDS that the launch asked for)" : "");
        return;
    }
    if (looks(how)) uninitialised(pointer, size, site, "LDS");
    watch(lds_cells(), offset, pointer, size, how, site, true);
}

void began(uint32_t how) {
    observed_before = hw_self->observed;
    if (is_strong(how)) synchronised(how & kDecides || (how & kAtomic && how & kLoad && how & kStore));
    if (how & kAcquire) here.acquired = hw_self->acquired = now;
    to_hand_over += how & kStore || !is_strong(how);
}

void check(const void* given, size_t size, uint32_t how, uint32_t site) {
    if (!hw_self || !size) return;
    if (!pending.empty()) settle();
    hw_self->place = site;
    const auto* pointer = static_cast<const unsigned char*>(given);
    const uintptr_t address = reinterpret_cast<uintptr_t>(given);
    began(how);
    if (pointer >= hw_lds && pointer < hw_lds + kLdsBytes) {
        total_stores += how & kStore ? 1 : 0;
        return check_lds(uintptr_t(pointer - hw_lds), pointer, size, how, site, nullptr);
    }
    const Range* range = known_range(address, size);
    if (!range && !(range = range_of(given, size, how, site))) return;
    total_stores += how & kStore ? 1 : 0;
    if (looks(how)) uninitialised(pointer, size, site, "device memory");
    if (range->cells.words) watch(range->cells, address - range->begin, pointer, size, how, site, false);
}

}  // namespace

// -- what the machine tells ------------------------------------------------------------------------------------------------------

void check_launch() {
    launch_start = ++now;
    here = {.ordered_since = now};
    elsewhere.clear(), block_fences.clear();
    for (FencesOf* each : {lane_fences, wave_fences}) each[kBlockScope].clear(), each[kDeviceScope].clear();
    total_stores = 0;
    overran = false, ended = true;
    visits.clear(), peek_is_fine.clear(), peeks.clear();
}

uint64_t check_launch_end() {
    settle();
    for (const auto& [site, peek] : peeks)
        if (!peek_is_fine.count(site)) as_lane(peek.lane, [&, site = site] { tell(peek.relation, "read", peek.other, site, peek.in_lds); });
    return total_stores;
}

void check_block(uint64_t linear) {
    settle();
    const Launch* launch = running_launch();
    // Of a block that came to its end, only what hands over its writes is asked for.
    if (here.strong || (!ended && launch && launch->kernel->meets)) elsewhere[block_base / kMaxBlock] = here;
    ++now;
    ended = false;
    block_base = uint32_t(linear) * kMaxBlock;
    const auto known = elsewhere.find(block_base / kMaxBlock);
    here = known != elsewhere.end() ? known->second : Progress{.ordered_since = now};
}

void check_block_end(uint64_t linear) {
    ended = true;
    const uint32_t block = uint32_t(linear);
    for (auto it = visits.lower_bound({block, 0}); it != visits.end() && it->first.first == block; it = visits.erase(it)) {
        const Visits& each = it->second;
        const auto round = each.passed & ~each.arrived;
        if (each.arrived.none() || round.none()) continue;
        as_lane(each.lane, [&] {
            fault("divergent-barrier", it->first.second, "%zu lanes of the block reach this barrier, %zu go round it", each.arrived.count(), round.count());
        });
    }
}

bool check_overran() { return overran; }

void check_barrier() {
    settle();
    here.ordered_since = ++now;
    here.joined_synced = here.synced;
    here.joined_observed = here.observed;
    here.joined_acquired = here.acquired;
}

void check_grid() {
    settle();
    launch_start = ++now;
}

void check_freed(const void* start) {
    const auto found = shadows().find(reinterpret_cast<uintptr_t>(start));
    if (found == shadows().end()) return;
    const auto& [bytes, cells] = found->second;
    shadowed -= cells.words ? bytes : 0;
    if (cells.words) munmap(cells.words, (bytes / kWord + 1) * sizeof(Cell));
    if (cells.bytes) munmap(cells.bytes, bytes * sizeof(Cell));
    shadows().erase(found);
}

void check_meeting(Lane* const* lanes, uint32_t count) {
    ++now;
    uint64_t synced = 0, observed = 0, acquired = 0;
    for (uint32_t i = 0; i < count; ++i) {
        synced = std::max(synced, lanes[i]->synced);
        observed = std::max(observed, lanes[i]->observed);
        acquired = std::max(acquired, lanes[i]->acquired);
    }
    for (uint32_t i = 0; i < count; ++i)
        lanes[i]->met = now, lanes[i]->synced = synced, lanes[i]->observed = observed, lanes[i]->acquired = acquired;
}

void synchronised(bool observed) {
    if (!hw_self || !checked()) return;
    here.synced = hw_self->synced = ++now;
    if (observed) here.observed = hw_self->observed = now;
    here.strong = now, here.strong_lane = lane_number(), here.strong_after = here.ordered_since;
}

void fenced(bool device) {
    if (!hw_self || !checked()) return;
    // A fence of the block takes over what its other lanes acquired.
    if (device) here.acquired = std::max({here.acquired, hw_self->synced, here.joined_synced});
    hw_self->acquired = here.acquired;
    here.synced = hw_self->synced = ++now;
    const uint32_t lane = lane_number();
    lane_fences[device][lane].add(now);
    wave_fences[device][wave_of(lane)].add(hw_self->met);
    if (device) block_fences[block_of(lane)].add(here.ordered_since);
}

}  // namespace hw

using namespace hw;

extern "C" {
void hw_check_access(const void* pointer, uint64_t size, uint32_t how, uint32_t site) { check(pointer, size, how, site); }
void hw_check_lds(const void* pointer, uint64_t size, uint32_t how, uint32_t site, uint32_t offset, uint32_t bytes, const char* name) {
    if (!hw_self) return;
    if (!pending.empty()) settle();
    hw_self->place = site;
    began(how);
    total_stores += how & kStore ? 1 : 0;
    const LdsRange variable{offset, bytes, name};
    const auto* place = static_cast<const unsigned char*>(pointer);
    check_lds(uintptr_t(place - hw_lds), place, size, how, site, &variable);
}
void hw_check_copy(const void* to, const void* from, uint64_t size, uint32_t site) {
    if (from) check(from, size, kLoad | kCopy, site);
    if (to) check(to, size, kStore | kCopy, site);
}
void hw_check_arrived(uint32_t site) {
    if (hw_self) visits[{block_base / kMaxBlock, site}].arrived.set(hw_self->linear);
}
void hw_check_passed(uint32_t site) {
    if (!hw_self) return;
    Visits& each = visits[{block_base / kMaxBlock, site}];
    if (!each.arrived[hw_self->linear]) each.lane = *hw_self;
    each.passed.set(hw_self->linear);
}
void hw_check_fence(uint32_t device) { fenced(device); }
void hw_check_place(uint32_t site) {
    if (hw_self) hw_self->place = site;
}
}
