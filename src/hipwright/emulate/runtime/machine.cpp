// The machine: blocks spread over OS threads, wavefronts of lanes that are fibers, meetings of lanes, barriers.
#include "machine.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <sys/mman.h>

#include "fibers.h"
#include "machine_impl.h"

extern "C" {
thread_local hw::Lane* hw_self = nullptr;
alignas(256) thread_local unsigned char hw_lds[hw::kLdsBytes];
}

namespace hw {
namespace {

constexpr uint32_t kMaxDepth = 24;        // calls of functions in which lanes meet, one inside the other
constexpr size_t kStack = 256 << 10;      // bytes of a lane's stack; only what is touched costs memory
constexpr uint32_t kResident = 64;        // blocks that one OS thread holds at a time when they wait for each other
constexpr unsigned char kCanary = 0xC5;

enum class State : uint8_t { ready, meeting, barrier, grid, yielded, exited };

struct Fiber : Lane {
    Context context;
    State state = State::ready;
    uint32_t depth = 0;
    uint8_t barrier_id = 0;
    uint32_t site = 0;
    uint32_t path[kMaxDepth];
    Op* op = nullptr;
    Reduce reduce = Reduce::none;
    uint32_t value = 0, barrier_lanes = 0;
    uint32_t yields = 0;
};

struct Block;

struct Wave {
    Fiber* lanes[kMaxWave] = {};
    uint8_t order[kMaxWave];
    uint32_t count = 0;      // lanes that the block gave it
    uint32_t next = 0;       // position in `order` that is looked at next
};

struct Job;

struct Block {
    std::vector<Fiber> fibers;
    std::vector<Wave> waves;
    unsigned char* stacks = nullptr;
    size_t stack_lanes = 0;
    Job* job = nullptr;
    Dim id;
    uint64_t linear = 0;
    std::vector<unsigned char> saved_lds;
    bool started = false;
    ~Block() {
        if (stacks) munmap(stacks, stack_lanes * kStack);
    }
};

// One launch while it runs.
struct Job {
    const Launch& launch;
    std::atomic<uint64_t> next{0};
    std::atomic<bool> stop{false};
    std::atomic<bool> overrun{false};
    uint64_t blocks = 0;
    uint32_t workers = 1;
    std::mutex mutex;
    std::condition_variable arrived;
    uint32_t waiting = 0;
    uint64_t round = 0;
    uint64_t finished_workers = 0;
    struct { uint32_t bytes = 8, barrier = 0; } workspace;   // as CUDA's cooperative groups lay it out
    explicit Job(const Launch& what) : launch(what) {}
};

thread_local Context scheduler;
thread_local Block* current = nullptr;
thread_local Wave* wave_now = nullptr;

Order order_setting() {
    static const Order order = read_order();
    return order;
}

// The order in which lanes, waves or blocks are run: any is right, so a changed answer shows a race.
template <class T>
void permute(T* items, size_t count, uint64_t salt) {
    const Order order = order_setting();
    if (order.kind == Order::reverse) std::reverse(items, items + count);
    if (order.kind == Order::random) {
        std::mt19937_64 engine(order.seed * 0x9E3779B97F4A7C15ull + salt);
        for (size_t i = count; i > 1; --i) std::swap(items[i - 1], items[engine() % i]);
    }
}

Fiber* next_ready(Wave& wave) {
    while (wave.next < wave.count) {
        Fiber* fiber = wave.lanes[wave.order[wave.next++]];
        if (fiber->state == State::ready) return fiber;
    }
    return nullptr;
}

// Stops the running lane in `state` and runs another one of its wavefront, or the scheduler.
void park(Fiber& fiber, State state) {
    fiber.state = state;
    if (Fiber* next = next_ready(*wave_now)) {
        hw_self = next;
        switch_to(fiber.context, next->context);
    } else {
        switch_to(fiber.context, scheduler);
    }
}

[[noreturn]] void leave(Fiber& fiber) {
    park(fiber, State::exited);
    __builtin_unreachable();
}

void lane_entry() {
    Fiber& fiber = *static_cast<Fiber*>(hw_self);
    current->job->launch.kernel->thunk(current->job->launch.args);
    leave(fiber);
}

bool same_place(const Fiber& a, const Fiber& b) {
    return a.site == b.site && a.depth == b.depth && std::equal(a.path, a.path + std::min(a.depth, kMaxDepth), b.path);
}

// Which of two places comes first in the program: compared call by call, then by site.
bool earlier(const Fiber& a, const Fiber& b) {
    const uint32_t common = std::min({a.depth, b.depth, kMaxDepth - 1});
    for (uint32_t i = 0; i < common; ++i)
        if (a.path[i] != b.path[i]) return a.path[i] < b.path[i];
    // A lane inside the call stands at the call; the other one stands in front of it or behind it.
    const uint32_t first = a.depth > common ? a.path[common] : a.site;
    const uint32_t second = b.depth > common ? b.path[common] : b.site;
    if (first != second) return first < second;
    return a.depth > b.depth;
}

void converged(Group&) {}

// Whether a lane that spins stands in front of this place, so that its wavefront has to wait for it. NVIDIA's newer
// hardware lets the others go on, in the end.
bool held_back(const Wave& wave, const Fiber& place) {
    constexpr uint32_t kPatience = 1 << 20;
    for (uint32_t i = 0; i < wave.count; ++i) {
        const Fiber& lane = *wave.lanes[i];
        if (lane.state == State::yielded && !(hw_target.is_cuda && lane.yields > kPatience) && earlier(lane, place)) return true;
    }
    return false;
}

// Runs one group of meeting lanes; false if no lane of the wavefront waits in a meeting.
bool meet_next(Wave& wave, bool stuck) {
    Fiber* waiting[kMaxWave];
    uint32_t count = 0;
    uint64_t gone = 0;
    bool spinning = false;
    const uint32_t width = hw_target.wave;
    for (uint32_t i = 0; i < width; ++i) {
        if (i >= wave.count || wave.lanes[i]->state == State::exited) gone |= 1ull << i;
        else if (wave.lanes[i]->state == State::meeting) waiting[count++] = wave.lanes[i];
        else spinning |= wave.lanes[i]->state == State::yielded;
    }
    if (!count) return false;
    std::stable_sort(waiting, waiting + count, [](Fiber* a, Fiber* b) { return earlier(*a, *b); });
    Fiber* chosen = nullptr;
    for (uint32_t i = 0; i < count && !chosen; ++i) {
        Fiber& fiber = *waiting[i];
        if (fiber.op->mask == 0) {
            if (!spinning || !held_back(wave, fiber)) chosen = &fiber;
            continue;
        }
        // CUDA's *_sync operations wait for every lane that the mask names and that still runs.
        bool complete = true;
        for (uint32_t lane = 0; lane < wave.count && complete; ++lane) {
            if (!(fiber.op->mask >> lane & 1) || (gone >> lane & 1)) continue;
            const Fiber& other = *wave.lanes[lane];
            complete = other.state == State::meeting && same_place(other, fiber) && other.op->mask == fiber.op->mask;
        }
        if (complete) chosen = &fiber;
    }
    if (!chosen) {
        if (!stuck) return false;
        chosen = waiting[0];
        uint64_t here = 0;
        for (uint32_t i = 0; i < count; ++i)
            if (same_place(*waiting[i], *chosen)) here |= 1ull << waiting[i]->lane;
        hw_self = chosen;
        fault("mask", chosen->site, "the mask 0x%llx names lanes that never come here together; only 0x%llx are here",
              (unsigned long long)chosen->op->mask, (unsigned long long)here);
    }
    Group group{};
    group.wave = width;
    group.exited = gone;
    group.site = chosen->site;
    for (uint32_t i = 0; i < count; ++i) {
        Fiber& fiber = *waiting[i];
        if (!same_place(fiber, *chosen) || fiber.op->resolve != chosen->op->resolve) continue;
        if (chosen->op->mask && fiber.op->mask != chosen->op->mask) continue;
        group.active |= 1ull << fiber.lane;
        group.op[fiber.lane] = fiber.op;
    }
    hw_self = chosen;
    chosen->op->resolve(group);
    // Where lanes only wait for each other to stay in step, the program orders nothing.
    const bool orders = checked() && chosen->op->resolve != converged;
    Lane* met[kMaxWave];
    uint32_t together = 0;
    for (uint64_t left = group.active; left; left &= left - 1) {
        Fiber& fiber = *wave.lanes[__builtin_ctzll(left)];
        fiber.state = State::ready;
        met[together++] = &fiber;
    }
    if (orders) check_meeting(met, together);
    return true;
}

void run_wave(Block& block, Wave& wave) {
    wave_now = &wave;
    bool stuck = false;
    while (true) {
        wave.next = 0;
        if (Fiber* first = next_ready(wave)) {
            hw_self = first;
            switch_to(scheduler, first->context);
            stuck = false;
            if (block.job->stop.load(std::memory_order_relaxed)) return;
        }
        if (meet_next(wave, stuck)) continue;
        bool meeting = false, yielded = false;
        for (uint32_t i = 0; i < wave.count; ++i) {
            meeting |= wave.lanes[i]->state == State::meeting;
            yielded |= wave.lanes[i]->state == State::yielded;
        }
        if (!meeting || yielded || stuck) return;
        stuck = true;   // nobody else of this wavefront will come: the group goes on without them
    }
}

uint32_t reduced(const std::vector<Fiber*>& lanes) {
    uint32_t count = 0;
    for (const Fiber* lane : lanes) count += lane->value != 0;
    switch (lanes[0]->reduce) {
        case Reduce::count: return count;
        case Reduce::all: return count == lanes.size();
        case Reduce::any: return count != 0;
        default: return 0;
    }
}

// Releases barriers whose lanes have all arrived; false if nothing could be released.
bool release_barriers(Block& block) {
    bool released = false;
    size_t live = 0;
    uint64_t ids = 0;
    for (const Fiber& fiber : block.fibers) {
        if (fiber.state == State::exited) continue;
        ++live;
        if (fiber.state == State::barrier) ids |= 1ull << fiber.barrier_id;
    }
    for (; ids; ids &= ids - 1) {
        const uint32_t id = __builtin_ctzll(ids);
        std::vector<Fiber*> here;
        for (Fiber& fiber : block.fibers)
            if (fiber.state == State::barrier && fiber.barrier_id == id) here.push_back(&fiber);
        const uint32_t wanted = here[0]->barrier_lanes;
        if (wanted ? here.size() < std::min<size_t>(wanted, live) : here.size() < live) continue;
        for (Fiber* fiber : here)
            if (!wanted && !same_place(*fiber, *here[0])) {
                hw_self = fiber;
                fault("divergent-barrier", fiber->site, "lanes of the block wait at different barriers: lane %u here, lane %u at %s",
                      fiber->linear, here[0]->linear, place_text(here[0]->site).c_str());
                break;
            }
        if (checked()) check_barrier();
        const uint32_t value = reduced(here);
        for (Fiber* fiber : here) {
            fiber->value = value;
            fiber->state = State::ready;
        }
        released = true;
    }
    return released;
}

enum class Outcome { done, grid, waiting, stopped };

void poison_lds(const Job& job) {
    const Kernel& kernel = *job.launch.kernel;
    for (uint32_t i = 0; i < kernel.lds_count; ++i) {
        std::memset(hw_lds + kernel.lds[i].offset, poison_byte(), kernel.lds[i].size);
        std::memset(hw_lds + kernel.lds[i].offset + kernel.lds[i].size, kCanary, 64);
    }
    std::memset(hw_lds + kDynamicLds, poison_byte(), job.launch.dynamic_lds);
    std::memset(hw_lds + kDynamicLds + job.launch.dynamic_lds, kCanary, 64);
    if (hw_target.is_cuda) std::memset(hw_lds + kReservedLds, 0, kLdsBytes - kReservedLds);
}

void check_lds(Job& job) {
    if (checked() && check_overran()) return;   // with its place
    const Kernel& kernel = *job.launch.kernel;
    const auto broken = [](const unsigned char* place) {
        for (int i = 0; i < 64; ++i)
            if (place[i] != kCanary) return true;
        return false;
    };
    for (uint32_t i = 0; i < kernel.lds_count; ++i)
        if (broken(hw_lds + kernel.lds[i].offset + kernel.lds[i].size) && !job.overrun.exchange(true))
            fault("lds-overrun", 0, "something was written behind the LDS variable %s (%u bytes)", kernel.lds[i].name, kernel.lds[i].size);
    if (broken(hw_lds + kDynamicLds + job.launch.dynamic_lds) && !job.overrun.exchange(true))
        fault("lds-overrun", 0, "something was written behind the dynamic LDS (%llu bytes)", (unsigned long long)job.launch.dynamic_lds);
}

// LDS of a block that makes room for another one on the same OS thread.
void exchange_lds(Block& block, bool out) {
    const Kernel& kernel = *block.job->launch.kernel;
    size_t used = 0;
    for (uint32_t i = 0; i < kernel.lds_count; ++i) used += kernel.lds[i].size + 64;
    const size_t dynamic = block.job->launch.dynamic_lds + 64, reserved = hw_target.is_cuda ? kLdsBytes - kReservedLds : 0;
    block.saved_lds.resize(used + dynamic + reserved);
    unsigned char* place = block.saved_lds.data();
    const auto move = [&](unsigned char* lds, size_t bytes) {
        if (out) std::memcpy(place, lds, bytes);
        else std::memcpy(lds, place, bytes);
        place += bytes;
    };
    for (uint32_t i = 0; i < kernel.lds_count; ++i) move(hw_lds + kernel.lds[i].offset, kernel.lds[i].size + 64);
    move(hw_lds + kDynamicLds, dynamic);
    move(hw_lds + kReservedLds, reserved);
}

void start(Block& block, Job& job, uint64_t linear) {
    const Dim grid = job.launch.grid, size = job.launch.block;
    const uint32_t lanes = uint32_t(size.count()), width = hw_target.wave;
    block.job = &job;
    block.linear = linear;
    block.started = false;
    block.id = Dim{uint32_t(linear % grid.x), uint32_t(linear / grid.x % grid.y), uint32_t(linear / (uint64_t(grid.x) * grid.y))};
    if (block.stack_lanes < lanes) {
        if (block.stacks) munmap(block.stacks, block.stack_lanes * kStack);
        void* place = mmap(nullptr, lanes * kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (place == MAP_FAILED) { std::fprintf(stderr, "hipwright: no memory for the stacks of %u lanes\n", lanes); std::abort(); }
        block.stacks = static_cast<unsigned char*>(place);
        block.stack_lanes = lanes;
        // A guard below each stack splits the mapping, and the system limits how many pieces there are.
        static std::atomic<uint32_t> guarded{0};
        if (guarded.fetch_add(lanes) < 8192)
            for (uint32_t i = 0; i < lanes; ++i) mprotect(block.stacks + i * kStack, 4096, PROT_NONE);
    }
    if (block.fibers.size() != lanes) {
        block.fibers.assign(lanes, Fiber{});
        block.waves.assign((lanes + width - 1) / width, Wave{});
        for (uint32_t i = 0; i < lanes; ++i) {
            Fiber& fiber = block.fibers[i];
            fiber.linear = i;
            fiber.lane = i % width;
            Wave& wave = block.waves[i / width];
            wave.lanes[wave.count++] = &fiber;
        }
    }
    for (uint32_t w = 0; w < block.waves.size(); ++w) {
        Wave& wave = block.waves[w];
        for (uint32_t i = 0; i < wave.count; ++i) wave.order[i] = uint8_t(i);
        permute(wave.order, wave.count, linear * 131 + w);
    }
    uint32_t i = 0;
    for (uint32_t z = 0; z < size.z; ++z)
        for (uint32_t y = 0; y < size.y; ++y)
            for (uint32_t x = 0; x < size.x; ++x, ++i) {
                Fiber& fiber = block.fibers[i];
                fiber.thread = Dim{x, y, z};
                fiber.block_id = block.id;
                fiber.block_dim = size;
                fiber.grid_dim = grid;
                fiber.state = State::ready;
                fiber.depth = 0;
                fiber.met = fiber.synced = fiber.observed = fiber.acquired = fiber.place = 0;
                fiber.yields = 0;
                // Stacks that all begin at the same offset of a page would share a few lines of the cache.
                fiber.context = prepare(block.stacks + (i + 1) * kStack - (i * 320) % 8192, lane_entry);
            }
}

Outcome go_on(Block& block, bool alone) {
    Job& job = *block.job;
    current = &block;
    if (checked()) check_block(block.linear);
    if (!block.started) {
        poison_lds(job);
        block.started = true;
    } else if (!block.saved_lds.empty()) {
        exchange_lds(block, false);
        block.saved_lds.clear();
    }
    std::vector<uint32_t> order(block.waves.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    permute(order.data(), order.size(), block.linear);
    Outcome outcome = Outcome::done;
    for (uint32_t idle = 0;;) {
        for (uint32_t w : order) {
            run_wave(block, block.waves[w]);
            if (job.stop.load(std::memory_order_relaxed)) { outcome = Outcome::stopped; goto out; }
        }
        size_t live = 0, grid = 0, yielded = 0;
        for (Fiber& fiber : block.fibers) {
            live += fiber.state != State::exited;
            grid += fiber.state == State::grid;
            if (fiber.state == State::yielded) { ++yielded; fiber.state = State::ready; }
        }
        if (!live) break;
        if (grid == live) { outcome = Outcome::grid; goto out; }
        if (release_barriers(block)) { idle = 0; continue; }
        if (yielded) {
            // Lanes that only wait may wait for another block.
            if (++idle > 64 && !alone) { outcome = Outcome::waiting; goto out; }
            if (idle > 64) std::this_thread::yield();
            continue;
        }
        for (Fiber& fiber : block.fibers)
            if (fiber.state != State::exited) {
                hw_self = &fiber;
                report_fatal("deadlock", fiber.site, "no lane of the block can go on: %zu of %zu wait here or elsewhere", live, block.fibers.size());
                break;
            }
        outcome = Outcome::stopped;
        job.stop = true;
        goto out;
    }
    hw_self = &block.fibers[0];
    check_lds(job);
    if (checked()) check_block_end(block.linear);
out:
    if (outcome == Outcome::grid || outcome == Outcome::waiting) exchange_lds(block, true);
    hw_self = nullptr;
    current = nullptr;
    return outcome;
}

// Kernels in which lanes never meet need no fibers.
void run_plain(Job& job) {
    Fiber lane{};
    lane.block_dim = job.launch.block;
    lane.grid_dim = job.launch.grid;
    const Dim grid = job.launch.grid, size = job.launch.block;
    const uint32_t count = uint32_t(size.count());
    std::vector<uint32_t> order(count);
    for (uint32_t i = 0; i < count; ++i) order[i] = i;
    Block shell;
    shell.job = &job;
    Wave none;
    const bool straight = order_setting().kind == Order::forward;
    current = &shell;
    wave_now = &none;
    for (;;) {
        const uint64_t step = std::max<uint64_t>(1, std::min<uint64_t>(64, job.blocks / (job.workers * 8)));
        const uint64_t first = job.next.fetch_add(step);
        if (first >= job.blocks) break;
        for (uint64_t index = first; index < std::min(first + step, job.blocks); ++index) {
            uint64_t linear = block_at(index, job.blocks);
            lane.block_id = Dim{uint32_t(linear % grid.x), uint32_t(linear / grid.x % grid.y), uint32_t(linear / (uint64_t(grid.x) * grid.y))};
            poison_lds(job);
            if (!straight) { for (uint32_t i = 0; i < count; ++i) order[i] = i; permute(order.data(), count, linear); }
            hw_self = &lane;
            if (checked()) check_block(linear);
            // A fatal fault comes back here through the scheduler's context.
            if (!run_lanes_plain(job.launch, order.data(), count, straight, [&](uint32_t i) {
                    lane.linear = i;
                    lane.lane = i % hw_target.wave;
                    lane.thread = Dim{i % size.x, i / size.x % size.y, i / (size.x * size.y)};
                }) || job.stop) { job.stop = true; break; }
            check_lds(job);
        }
        hw_self = nullptr;
        if (job.stop) break;
    }
    hw_self = nullptr;
    current = nullptr;
}

void run_fibers(Job& job) {
    std::vector<std::unique_ptr<Block>> idle;
    std::vector<std::unique_ptr<Block>> waiting;
    while (!job.stop) {
        std::unique_ptr<Block> block;
        uint64_t index;
        if (waiting.size() < kResident && (index = job.next.fetch_add(1)) < job.blocks) {
            if (idle.empty()) block = std::make_unique<Block>();
            else { block = std::move(idle.back()); idle.pop_back(); }
            start(*block, job, block_at(index, job.blocks));
        } else if (!waiting.empty()) {
            block = std::move(waiting.front());
            waiting.erase(waiting.begin());
        } else break;
        const Outcome outcome = go_on(*block, false);
        if (outcome == Outcome::stopped) { job.stop = true; break; }
        if (outcome == Outcome::waiting) waiting.push_back(std::move(block));
        else if (outcome == Outcome::grid) {
            report_fatal("deadlock", 0, "a grid barrier in a kernel that was not launched as a cooperative one");
            job.stop = true;
        } else idle.push_back(std::move(block));
    }
}

// All blocks at once, so that they can wait for each other at the grid's barrier.
void run_cooperative(Job& job, uint32_t worker) {
    std::vector<std::unique_ptr<Block>> mine;
    for (uint64_t index = worker; index < job.blocks; index += job.workers) {
        mine.push_back(std::make_unique<Block>());
        start(*mine.back(), job, block_at(index, job.blocks));
    }
    std::vector<bool> done(mine.size(), false), at_grid(mine.size(), false);
    size_t left = mine.size();
    while (left && !job.stop) {
        size_t stopped_here = 0;
        while (stopped_here < left && !job.stop) {
            stopped_here = 0;
            for (size_t i = 0; i < mine.size() && !job.stop; ++i) {
                if (done[i]) continue;
                if (at_grid[i]) { ++stopped_here; continue; }
                const Outcome outcome = go_on(*mine[i], false);
                if (outcome == Outcome::done) { done[i] = true; --left; }
                else if (outcome == Outcome::grid) { at_grid[i] = true; ++stopped_here; }
                else if (outcome == Outcome::stopped) job.stop = true;
            }
        }
        std::unique_lock<std::mutex> lock(job.mutex);
        if (!left || job.stop) break;
        // This worker's blocks all wait; the last worker to come lets everyone go on.
        const uint64_t round = job.round;
        if (++job.waiting + job.finished_workers == job.workers) {
            job.waiting = 0;
            ++job.round;
            if (checked()) check_grid();
            job.arrived.notify_all();
        } else {
            job.arrived.wait(lock, [&] { return job.round != round || job.stop; });
        }
        for (size_t i = 0; i < mine.size(); ++i) {
            if (!at_grid[i]) continue;
            at_grid[i] = false;
            for (Fiber& fiber : mine[i]->fibers)
                if (fiber.state == State::grid) fiber.state = State::ready;
        }
    }
    std::lock_guard<std::mutex> lock(job.mutex);
    ++job.finished_workers;
    if (job.waiting && job.waiting + job.finished_workers == job.workers) { job.waiting = 0; ++job.round; }
    job.arrived.notify_all();
}

}  // namespace

namespace {
const Kernel* ended_kernel = nullptr;   // while what is only known at the end of a launch is told

// Says once of each kernel that a launch wrote something, and once that a launch wrote nothing.
void tell_writes(const Kernel& kernel, uint64_t stores) {
    static auto* told = new std::set<std::pair<const Kernel*, bool>>;
    if (told->emplace(&kernel, stores != 0).second)
        event("ran", ("\"kernel\":\"" + std::string(kernel.name) + "\",\"wrote\":" + (stores ? "1" : "0")).c_str());
}
}  // namespace

LaunchError run(const Launch& launch) {
    const uint64_t lanes = launch.block.count();
    const auto zero = [](const Dim& d) { return !d.x || !d.y || !d.z; };
    if (zero(launch.grid) || zero(launch.block)) return LaunchError::invalid_configuration;
    if (lanes > kMaxBlock || launch.block.z > (hw_target.is_cuda ? 64u : 1024u)) return LaunchError::invalid_configuration;
    if (launch.grid.y > 65535 && hw_target.is_cuda) return LaunchError::invalid_configuration;
    if (launch.grid.z > 65535 && hw_target.is_cuda) return LaunchError::invalid_configuration;
    if (launch.kernel->max_block && lanes > launch.kernel->max_block) return LaunchError::too_many_resources;
    uint64_t lds = launch.dynamic_lds;
    for (uint32_t i = 0; i < launch.kernel->lds_count; ++i) lds += launch.kernel->lds[i].size;
    if (lds > hw_target.lds_per_block) return LaunchError::invalid_configuration;
    Job job(launch);
    job.blocks = launch.grid.count();
    job.workers = checked() ? 1 : uint32_t(std::min<uint64_t>(worker_count(), job.blocks));
    if (checked()) tell_sites(), check_launch();
    Watch watch(*launch.kernel, job.stop);
    parallel(job.workers, [&](uint32_t worker) {
        if (launch.cooperative) run_cooperative(job, worker);
        else if (launch.kernel->meets) run_fibers(job);
        else run_plain(job);
    });
    ended_kernel = launch.kernel;
    if (checked() && launch.kernel->effects == 1) tell_writes(*launch.kernel, check_launch_end());
    else if (checked()) check_launch_end();
    // A kernel without parameters may be empty on purpose (to wake the device up); one that was given something is not.
    if (!launch.kernel->effects && launch.kernel->arg_count)
        fault_in("wrote-nothing", *launch.kernel, "the kernel was launched with arguments and has no code that could write");
    ended_kernel = nullptr;
    return job.stop ? LaunchError::fault : LaunchError::none;
}

void meet(Op& op, uint32_t site) {
    Fiber& fiber = *static_cast<Fiber*>(hw_self);
    fiber.site = site;
    fiber.op = &op;
    park(fiber, State::meeting);
}

uint32_t barrier(uint32_t site, uint32_t id, uint32_t lanes, Reduce reduce, uint32_t value) {
    Fiber& fiber = *static_cast<Fiber*>(hw_self);
    fiber.site = site;
    fiber.barrier_id = uint8_t(id & 63);
    fiber.barrier_lanes = lanes;
    fiber.reduce = reduce;
    fiber.value = value;
    park(fiber, State::barrier);
    return fiber.value;
}

void grid_barrier(uint32_t site) {
    Fiber& fiber = *static_cast<Fiber*>(hw_self);
    fiber.site = site;
    park(fiber, State::grid);
}

void yield(uint32_t site) {
    Fiber& fiber = *static_cast<Fiber*>(hw_self);
    fiber.site = site;
    // Most loops of this kind end at once; a switch each round would make them slow.
    if (++fiber.yields & 15) return;
    park(fiber, State::yielded);
}

void exit_lane() { leave(*static_cast<Fiber*>(hw_self)); }

uint32_t dynamic_lds_bytes() { return current ? uint32_t(current->job->launch.dynamic_lds) : 0; }
void* grid_workspace() { return current && current->job->launch.cooperative ? &current->job->workspace : nullptr; }
const Kernel* running_kernel() { return current && current->job ? current->job->launch.kernel : ended_kernel; }
uint32_t running_site() { return !hw_self ? 0 : hw_self->place ? hw_self->place : static_cast<Fiber*>(hw_self)->site; }
uint64_t last_meeting(uint32_t linear) {
    return current && linear < current->fibers.size() ? current->fibers[linear].met : 0;
}

// Ends the kernel: no lane of it runs again.
void abandon() {
    if (!current) std::abort();
    current->job->stop = true;
    Context unused;
    switch_to(unused, scheduler);
    __builtin_unreachable();
}

namespace {
thread_local unsigned char* plain_stack = nullptr;
constexpr size_t kPlainStack = 8 << 20;
}  // namespace

const Launch* running_launch() { return current ? &current->job->launch : nullptr; }

bool on_lane_stack(const void* pointer) {
    const auto* place = static_cast<const unsigned char*>(pointer);
    if (plain_stack && place >= plain_stack && place < plain_stack + kPlainStack) return true;
    if (!current) return false;
    if (current->stacks && place >= current->stacks && place < current->stacks + current->stack_lanes * kStack) return true;
    const Launch& launch = current->job->launch;
    for (uint32_t i = 0; i < launch.kernel->arg_count; ++i) {
        const auto* argument = static_cast<const unsigned char*>(launch.args[i]);
        if (place >= argument && place < argument + launch.kernel->arg_sizes[i]) return true;
    }
    return false;
}

bool run_lanes_plain(const Launch& launch, const uint32_t* order, uint32_t count, bool straight,
                     const std::function<void(uint32_t)>& place) {
    struct Call { const Launch* launch; const uint32_t* order; uint32_t count; bool straight; const std::function<void(uint32_t)>* place; };
    static thread_local Call call;
    static thread_local bool finished;
    call = {&launch, order, count, straight, &place};
    if (!plain_stack) plain_stack = new unsigned char[kPlainStack];
    finished = false;
    Context context = prepare(plain_stack + kPlainStack, [] {
        const Dim block = call.launch->block;
        Lane& self = *hw_self;
        if (call.straight) {
            uint32_t i = 0;
            for (uint32_t z = 0; z < block.z; ++z)
                for (uint32_t y = 0; y < block.y; ++y)
                    for (uint32_t x = 0; x < block.x; ++x, ++i) {
                        self.thread = Dim{x, y, z};
                        self.linear = i;
                        self.lane = i % hw_target.wave;
                        self.synced = self.observed = self.acquired = 0;
                        call.launch->kernel->thunk(call.launch->args);
                    }
        } else {
            for (uint32_t i = 0; i < call.count; ++i) {
                (*call.place)(call.order[i]);
                self.synced = self.observed = self.acquired = 0;
                call.launch->kernel->thunk(call.launch->args);
            }
        }
        finished = true;
        Context unused;
        switch_to(unused, scheduler);
        __builtin_unreachable();
    });
    switch_to(scheduler, context);
    return finished;
}

}  // namespace hw

extern "C" {

void hw_enter(uint32_t site) {
    auto& fiber = *static_cast<hw::Fiber*>(hw_self);
    if (fiber.depth < hw::kMaxDepth) fiber.path[fiber.depth] = site;
    ++fiber.depth;
}
void hw_leave() { --static_cast<hw::Fiber*>(hw_self)->depth; }

void hw_converge(uint32_t site) {
    hw::Op op{hw::converged};
    hw::meet(op, site);
}
void hw_yield(uint32_t site) { hw::yield(site); }
void hw_trap(uint32_t site) { hw::fatal("trap", site, "the kernel trapped"); }

uint32_t hw_lds_offset(const void* pointer) { return uint32_t(static_cast<const unsigned char*>(pointer) - hw_lds); }
void* hw_lds_pointer(uint32_t offset) { return hw_lds + offset; }
uint64_t hw_lds_offset_64(const void* pointer) { return hw_lds_offset(pointer); }
void* hw_lds_pointer_64(uint64_t offset) { return hw_lds_pointer(uint32_t(offset)); }
}
