// NVIDIA's intrinsics that make lanes meet: shuffles, votes, matches, reductions, barriers (llvm.nvvm.*).
//
// A group may hold several `*_sync` calls of one place with masks that do not overlap: each lane answers for the lanes
// of its own mask.
#include "../machine_impl.h"

#include <atomic>

using namespace hw;

namespace {

// {i32, i1} and {float, i1} as the rewritten IR returns them: each member in a register of its own.
struct IntPredicate { uint64_t value, predicate; };
struct FloatPredicate { float value; alignas(8) uint64_t predicate; };

enum Mode : uint64_t { up, down, bfly, idx };

uint64_t partners(const Group& g, uint32_t lane) {
    const uint64_t mask = g.op[lane]->mask;
    return mask ? g.active & mask : g.active;
}

template <class Visit> void each(uint64_t lanes, Visit visit) {
    for (; lanes; lanes &= lanes - 1) visit(static_cast<uint32_t>(__builtin_ctzll(lanes)));
}

// in: value, lane operand, clamp and segment operand, mode. out: value, predicate.
void shuffle(Group& g) {
    each(g.active, [&](uint32_t lane) {
        Op& op = *g.op[lane];
        const int32_t segment = op.in[2] >> 8 & 31, clamp = op.in[2] & 31, b = op.in[1] & 31, i = static_cast<int32_t>(lane);
        const int32_t last = (i & segment) | (clamp & ~segment), first = i & segment;
        int32_t source = i;
        bool inside = true;
        switch (op.in[3]) {
        case up: source = i - b; inside = source >= last; break;
        case down: source = i + b; inside = source <= last; break;
        case bfly: source = i ^ b; inside = source <= last; break;
        default: source = first | (b & ~segment); inside = source <= last; break;
        }
        if (!inside) source = i;
        if (!(partners(g, lane) >> source & 1)) {
            fault("inactive-lane", g.site, "lane %d reads lane %d in a shuffle, which %s", i, source,
                  g.exited >> source & 1 ? "has left the kernel or never was" : "does not take part");
            source = i;
        }
        op.out[0] = g.op[source]->in[0];
        op.out[1] = inside;
    });
}

Op shuffled(uint32_t mask, uint32_t value, uint32_t b, uint32_t c, Mode mode, uint32_t site) {
    Op op{shuffle, mask};
    op.in[0] = value, op.in[1] = b, op.in[2] = c, op.in[3] = mode;
    meet(op, site);
    return op;
}

// The mask of a *_sync call must name its caller.
uint32_t named(uint32_t mask, uint32_t site) {
    const uint32_t self = 1u << (hw_self->lane & 31);
    if (!(mask & self)) fault("mask", site, "lane %u is not in the mask 0x%08x that it passes", hw_self->lane, mask);
    return mask | self;
}

uint32_t asked(Resolve resolve, uint32_t mask, uint64_t value, uint32_t site) {
    Op op{resolve, mask};
    op.in[0] = value;
    meet(op, site);
    return static_cast<uint32_t>(op.out[0]);
}

void ballot(Group& g) {
    uint64_t votes = 0;
    each(g.active, [&](uint32_t lane) { votes |= (g.op[lane]->in[0] & 1) << lane; });
    each(g.active, [&](uint32_t lane) { g.op[lane]->out[0] = votes & partners(g, lane); g.op[lane]->out[1] = partners(g, lane); });
}

IntPredicate voted(uint32_t mask, uint32_t predicate, uint32_t site) {
    Op op{ballot, mask};
    op.in[0] = predicate & 1;
    meet(op, site);
    return {op.out[0], op.out[1]};
}

void match_any(Group& g) {
    each(g.active, [&](uint32_t lane) {
        uint64_t same = 0;
        each(partners(g, lane), [&](uint32_t other) { same |= uint64_t(g.op[other]->in[0] == g.op[lane]->in[0]) << other; });
        g.op[lane]->out[0] = same;
    });
}

void match_all(Group& g) {
    each(g.active, [&](uint32_t lane) {
        bool same = true;
        each(partners(g, lane), [&](uint32_t other) { same = same && g.op[other]->in[0] == g.op[lane]->in[0]; });
        g.op[lane]->out[0] = same ? partners(g, lane) : 0;
        g.op[lane]->out[1] = same;
    });
}

IntPredicate matched_all(uint32_t mask, uint64_t value, uint32_t site) {
    Op op{match_all, named(mask, site)};
    op.in[0] = value;
    meet(op, site);
    return {op.out[0], op.out[1]};
}

template <class Combine> void reduce(Group& g, Combine combine) {
    each(g.active, [&](uint32_t lane) {
        bool first = true;
        uint32_t total = 0;
        each(partners(g, lane), [&](uint32_t other) {
            const uint32_t value = static_cast<uint32_t>(g.op[other]->in[0]);
            total = first ? value : combine(total, value);
            first = false;
        });
        g.op[lane]->out[0] = total;
    });
}

void nothing(Group&) {}

void active_lanes(Group& g) { each(g.active, [&](uint32_t lane) { g.op[lane]->out[0] = g.active; }); }

}  // namespace

extern "C" {

#define SHUFFLES(mode)                                                                                                  \
    uint32_t hw_nvvm_shfl_sync_##mode##_i32(uint32_t mask, uint32_t value, uint32_t b, uint32_t c, uint32_t site) {     \
        return static_cast<uint32_t>(shuffled(named(mask, site), value, b, c, mode, site).out[0]);                      \
    }                                                                                                                   \
    IntPredicate hw_nvvm_shfl_sync_##mode##_i32p(uint32_t mask, uint32_t value, uint32_t b, uint32_t c, uint32_t site) { \
        const Op op = shuffled(named(mask, site), value, b, c, mode, site);                                             \
        return {op.out[0], op.out[1]};                                                                                  \
    }                                                                                                                   \
    float hw_nvvm_shfl_sync_##mode##_f32(uint32_t mask, float value, uint32_t b, uint32_t c, uint32_t site) {           \
        return as_float(shuffled(named(mask, site), as_bits(value), b, c, mode, site).out[0]);                          \
    }                                                                                                                   \
    FloatPredicate hw_nvvm_shfl_sync_##mode##_f32p(uint32_t mask, float value, uint32_t b, uint32_t c, uint32_t site) { \
        const Op op = shuffled(named(mask, site), as_bits(value), b, c, mode, site);                                    \
        return {as_float(op.out[0]), op.out[1]};                                                                        \
    }                                                                                                                   \
    uint32_t hw_nvvm_shfl_##mode##_i32(uint32_t value, uint32_t b, uint32_t c, uint32_t site) {                         \
        return static_cast<uint32_t>(shuffled(0, value, b, c, mode, site).out[0]);                                      \
    }                                                                                                                   \
    IntPredicate hw_nvvm_shfl_##mode##_i32p(uint32_t value, uint32_t b, uint32_t c, uint32_t site) {                    \
        const Op op = shuffled(0, value, b, c, mode, site);                                                             \
        return {op.out[0], op.out[1]};                                                                                  \
    }                                                                                                                   \
    float hw_nvvm_shfl_##mode##_f32(float value, uint32_t b, uint32_t c, uint32_t site) {                               \
        return as_float(shuffled(0, as_bits(value), b, c, mode, site).out[0]);                                          \
    }                                                                                                                   \
    FloatPredicate hw_nvvm_shfl_##mode##_f32p(float value, uint32_t b, uint32_t c, uint32_t site) {                     \
        const Op op = shuffled(0, as_bits(value), b, c, mode, site);                                                    \
        return {as_float(op.out[0]), op.out[1]};                                                                        \
    }

static uint32_t as_bits(float a) { uint32_t r; __builtin_memcpy(&r, &a, 4); return r; }
static float as_float(uint64_t a) { float r; __builtin_memcpy(&r, &a, 4); return r; }
SHUFFLES(up)
SHUFFLES(down)
SHUFFLES(bfly)
SHUFFLES(idx)

// -- votes: `uni` is true where all lanes gave the same answer ----------------------------------------------------------

uint32_t hw_nvvm_vote_ballot_sync(uint32_t mask, uint32_t p, uint32_t site) {
    return static_cast<uint32_t>(voted(named(mask, site), p, site).value);
}
bool hw_nvvm_vote_any_sync(uint32_t mask, uint32_t p, uint32_t site) { return voted(named(mask, site), p, site).value != 0; }
bool hw_nvvm_vote_all_sync(uint32_t mask, uint32_t p, uint32_t site) {
    const IntPredicate r = voted(named(mask, site), p, site);
    return r.value == r.predicate;
}
bool hw_nvvm_vote_uni_sync(uint32_t mask, uint32_t p, uint32_t site) {
    const IntPredicate r = voted(named(mask, site), p, site);
    return r.value == 0 || r.value == r.predicate;
}
uint32_t hw_nvvm_vote_ballot(uint32_t p, uint32_t site) { return static_cast<uint32_t>(voted(0, p, site).value); }
bool hw_nvvm_vote_any(uint32_t p, uint32_t site) { return voted(0, p, site).value != 0; }
bool hw_nvvm_vote_all(uint32_t p, uint32_t site) {
    const IntPredicate r = voted(0, p, site);
    return r.value == r.predicate;
}
bool hw_nvvm_vote_uni(uint32_t p, uint32_t site) {
    const IntPredicate r = voted(0, p, site);
    return r.value == 0 || r.value == r.predicate;
}

uint32_t hw_nvvm_activemask(uint32_t site) { return asked(active_lanes, 0, 0, site); }

uint32_t hw_nvvm_match_any_sync_i32(uint32_t mask, uint32_t value, uint32_t site) {
    return asked(match_any, named(mask, site), value, site);
}
uint32_t hw_nvvm_match_any_sync_i64(uint32_t mask, uint64_t value, uint32_t site) {
    return asked(match_any, named(mask, site), value, site);
}
IntPredicate hw_nvvm_match_all_sync_i32p(uint32_t mask, uint32_t value, uint32_t site) { return matched_all(mask, value, site); }
IntPredicate hw_nvvm_match_all_sync_i64p(uint32_t mask, uint64_t value, uint32_t site) { return matched_all(mask, value, site); }

#define REDUX(name, combined)                                                                                           \
    uint32_t hw_nvvm_redux_sync_##name(uint32_t value, uint32_t mask, uint32_t site) {                                  \
        return asked([](Group& g) { reduce(g, [](uint32_t a, uint32_t b) -> uint32_t { return combined; }); },          \
                     named(mask, site), value, site);                                                                   \
    }
REDUX(add, a + b)
REDUX(umin, a < b ? a : b)
REDUX(umax, a > b ? a : b)
REDUX(min, int32_t(a) < int32_t(b) ? a : b)
REDUX(max, int32_t(a) > int32_t(b) ? a : b)
REDUX(and, a & b)
REDUX(or, a | b)
REDUX(xor, a ^ b)

// -- barriers: of the block (or of some of its warps, by id and count), of the warp, of memory -----------------------------

void hw_nvvm_bar_warp_sync(uint32_t mask, uint32_t site) { asked(nothing, named(mask, site), 0, site); }

#define BARRIERS(aligned)                                                                                               \
    void hw_nvvm_barrier_cta_sync##aligned##_all(uint32_t id, uint32_t site) { barrier(site, id); }                     \
    void hw_nvvm_barrier_cta_sync##aligned##_count(uint32_t id, uint32_t lanes, uint32_t site) { barrier(site, id, lanes); } \
    uint32_t hw_nvvm_barrier_cta_red_popc##aligned##_all(uint32_t id, uint32_t p, uint32_t site) {                      \
        return barrier(site, id, 0, Reduce::count, p & 1);                                                              \
    }                                                                                                                   \
    uint32_t hw_nvvm_barrier_cta_red_popc##aligned##_count(uint32_t id, uint32_t lanes, uint32_t p, uint32_t site) {    \
        return barrier(site, id, lanes, Reduce::count, p & 1);                                                          \
    }                                                                                                                   \
    bool hw_nvvm_barrier_cta_red_and##aligned##_all(uint32_t id, uint32_t p, uint32_t site) {                           \
        return barrier(site, id, 0, Reduce::all, p & 1) != 0;                                                           \
    }                                                                                                                   \
    bool hw_nvvm_barrier_cta_red_and##aligned##_count(uint32_t id, uint32_t lanes, uint32_t p, uint32_t site) {         \
        return barrier(site, id, lanes, Reduce::all, p & 1) != 0;                                                       \
    }                                                                                                                   \
    bool hw_nvvm_barrier_cta_red_or##aligned##_all(uint32_t id, uint32_t p, uint32_t site) {                            \
        return barrier(site, id, 0, Reduce::any, p & 1) != 0;                                                           \
    }                                                                                                                   \
    bool hw_nvvm_barrier_cta_red_or##aligned##_count(uint32_t id, uint32_t lanes, uint32_t p, uint32_t site) {          \
        return barrier(site, id, lanes, Reduce::any, p & 1) != 0;                                                       \
    }
BARRIERS()
BARRIERS(_aligned)

void hw_nvvm_nanosleep(uint32_t, uint32_t site) { yield(site); }
void hw_nvvm_exit() { exit_lane(); }

void hw_nvvm_membar_cta() { std::atomic_thread_fence(std::memory_order_seq_cst); fenced(false); }
void hw_nvvm_membar_gl() { std::atomic_thread_fence(std::memory_order_seq_cst); fenced(true); }
void hw_nvvm_membar_sys() { std::atomic_thread_fence(std::memory_order_seq_cst); fenced(true); }
void hw_nvvm_fence_sc_cluster() { std::atomic_thread_fence(std::memory_order_seq_cst); fenced(true); }

// -- who am I ---------------------------------------------------------------------------------------------------------------

#define SREG(name, value) uint32_t hw_nvvm_read_ptx_sreg_##name() { return static_cast<uint32_t>(value); }
SREG(tid_x, hw_self->thread.x)
SREG(tid_y, hw_self->thread.y)
SREG(tid_z, hw_self->thread.z)
SREG(ntid_x, hw_self->block_dim.x)
SREG(ntid_y, hw_self->block_dim.y)
SREG(ntid_z, hw_self->block_dim.z)
SREG(ctaid_x, hw_self->block_id.x)
SREG(ctaid_y, hw_self->block_id.y)
SREG(ctaid_z, hw_self->block_id.z)
SREG(nctaid_x, hw_self->grid_dim.x)
SREG(nctaid_y, hw_self->grid_dim.y)
SREG(nctaid_z, hw_self->grid_dim.z)
SREG(laneid, hw_self->lane)
SREG(warpid, hw_self->linear / hw_target.wave)
SREG(nwarpid, (hw_self->block_dim.count() + hw_target.wave - 1) / hw_target.wave)
SREG(warpsize, hw_target.wave)
SREG(lanemask_eq, 1ull << hw_self->lane)
SREG(lanemask_lt, (1ull << hw_self->lane) - 1)
SREG(lanemask_le, (2ull << hw_self->lane) - 1)
SREG(lanemask_gt, ~((2ull << hw_self->lane) - 1))
SREG(lanemask_ge, ~((1ull << hw_self->lane) - 1))
SREG(dynamic_smem_size, dynamic_lds_bytes())
// One multiprocessor after the other is as good a placement as any; `%smid` promises no more.
SREG(smid, 0)
SREG(nsmid, 108)
SREG(gridid, 0)
// Where the driver tells cooperative groups of the words that blocks of a grid meet at, high half first; zero without one.
SREG(envreg1, reinterpret_cast<uintptr_t>(grid_workspace()) >> 32)
SREG(envreg2, reinterpret_cast<uintptr_t>(grid_workspace()))
// The part of shared memory that the system keeps for itself, from which cooperative groups have their scratch.
SREG(reserved_smem_offset_begin, kReservedLds)
SREG(reserved_smem_offset_end, kLdsBytes)
SREG(reserved_smem_offset_cap, kLdsBytes)
SREG(reserved_smem_offset_0, kReservedLds)
SREG(reserved_smem_offset_1, kReservedLds)
// A grid without clusters is one of clusters of one block.
SREG(clusterid_x, hw_self->block_id.x)
SREG(clusterid_y, hw_self->block_id.y)
SREG(clusterid_z, hw_self->block_id.z)
SREG(nclusterid_x, hw_self->grid_dim.x)
SREG(nclusterid_y, hw_self->grid_dim.y)
SREG(nclusterid_z, hw_self->grid_dim.z)
SREG(cluster_ctaid_x, 0)
SREG(cluster_ctaid_y, 0)
SREG(cluster_ctaid_z, 0)
SREG(cluster_nctaid_x, 1)
SREG(cluster_nctaid_y, 1)
SREG(cluster_nctaid_z, 1)
SREG(cluster_ctarank, 0)
SREG(cluster_nctarank, 1)

}  // extern "C"
