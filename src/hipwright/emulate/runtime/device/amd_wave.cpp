// AMD's intrinsics that make the lanes of a wavefront or a block meet (llvm.amdgcn.*): lane reads, permutes, DPP, votes,
// barriers. What hardware does with lanes that do not take part follows the published instruction set manuals.
#include "device.h"

using namespace hw;

namespace {

// A value of any size on its way between lanes: in[0] its place, in[1] where the result goes, in[2] its bytes.
struct Moving : Op {
    template <class T> Moving(Resolve how, const T& value, T& result, uint64_t selector = 0) : Op{how} {
        in[0] = reinterpret_cast<uint64_t>(&value);
        in[1] = reinterpret_cast<uint64_t>(&result);
        in[2] = sizeof(T);
        in[3] = selector;
    }
};

bool takes_part(const Group& g, uint32_t lane) { return lane < 64 && (g.active >> lane & 1); }

// What lane `to` gets from lane `from`, which must take part.
void deliver(Group& g, uint32_t from, uint32_t to) {
    std::memcpy(reinterpret_cast<void*>(g.op[to]->in[1]), reinterpret_cast<const void*>(g.op[from]->in[0]), g.op[to]->in[2]);
}
void deliver_zero(Group& g, uint32_t to) { std::memset(reinterpret_cast<void*>(g.op[to]->in[1]), 0, g.op[to]->in[2]); }

const char* why_absent(const Group& g, uint32_t lane) {
    return lane >= g.wave || (g.exited >> lane & 1) ? "which has left the kernel or never was" : "which does not take part";
}

void report_absent(const Group& g, uint32_t reader, uint32_t source, const char* what) {
    fault("inactive-lane", g.site, "lane %u reads lane %u by %s, %s", reader, source, what, why_absent(g, source));
}

// -- lane reads and permutes -----------------------------------------------------------------------------------------------

void first_lane(Group& g) {
    const uint32_t first = static_cast<uint32_t>(__builtin_ctzll(g.active));
    each_lane(g.active, [&](uint32_t lane) { deliver(g, first, lane); });
}

// The register of a lane that is switched off holds whatever was computed last; there is no such value here.
void read_lane(Group& g) {
    const uint32_t first = static_cast<uint32_t>(__builtin_ctzll(g.active));
    const uint32_t source = static_cast<uint32_t>(g.op[first]->in[3]) & (g.wave - 1);   // uniform: a scalar register
    if (!takes_part(g, source)) report_absent(g, first, source, "readlane");
    each_lane(g.active, [&](uint32_t lane) { deliver(g, takes_part(g, source) ? source : lane, lane); });
}

void bpermute(Group& g) {
    each_lane(g.active, [&](uint32_t lane) {
        const uint32_t source = static_cast<uint32_t>(g.op[lane]->in[3] >> 2) & (g.wave - 1);
        if (takes_part(g, source)) return deliver(g, source, lane);
        report_absent(g, lane, source, "a shuffle (ds_bpermute)");
        deliver_zero(g, lane);
    });
}

// Lanes send: where two send to the same lane the higher one wins, where nobody sends there is 0.
void permute(Group& g) {
    each_lane(g.active, [&](uint32_t lane) { deliver_zero(g, lane); });
    each_lane(g.active, [&](uint32_t lane) {
        const uint32_t target = static_cast<uint32_t>(g.op[lane]->in[3] >> 2) & (g.wave - 1);
        if (takes_part(g, target)) deliver(g, lane, target);
    });
}

uint32_t reversed5(uint32_t value) { return __builtin_bitreverse32(value) >> 27; }

// The lane that ds_swizzle reads: four lanes freely, FFT order, rotation, or and / or / xor masks in 32 lanes.
uint32_t swizzle_source(uint32_t lane, uint32_t pattern) {
    const uint32_t half = lane & 32, i = lane & 31, mask = pattern & 31;
    if (pattern >= 0xe000) {
        if (mask == 31) return lane;
        return half | (reversed5(i) >> __builtin_popcount(mask)) | (i & mask);
    }
    if (pattern >= 0xc000) {
        const uint32_t by = pattern >> 5 & 31, turned = pattern & 0x400 ? i - by : i + by;
        return half | (i & mask) | (turned & ~mask & 31);
    }
    if (pattern & 0x8000) return (lane & ~3u) | (pattern >> 2 * (lane & 3) & 3);
    return half | (((i & mask) | (pattern >> 5 & 31)) ^ (pattern >> 10 & 31));
}

void swizzle(Group& g) {
    each_lane(g.active, [&](uint32_t lane) {
        const uint32_t source = swizzle_source(lane, static_cast<uint32_t>(g.op[lane]->in[3]) & 0xffff);
        if (takes_part(g, source)) return deliver(g, source, lane);
        report_absent(g, lane, source, "ds_swizzle");
        deliver_zero(g, lane);
    });
}

// Wavefronts of 64 exchange their halves; those of 32 keep everything.
void permute64(Group& g) {
    each_lane(g.active, [&](uint32_t lane) {
        const uint32_t source = g.wave == 64 ? lane ^ 32 : lane;
        if (!takes_part(g, source)) report_absent(g, lane, source, "permlane64");
        deliver(g, takes_part(g, source) ? source : lane, lane);
    });
}

// -- DPP and permlane16: the result is there beforehand (`old`) and stays where a lane is not written ---------------------

enum : uint64_t { kBoundCtrl = 1u << 16, kFetchInactive = 1u << 17, kOtherRow = 1u << 18, kNone = 64 };

// The lane that a DPP control reads; kNone: none.
uint32_t dpp_source(uint32_t lane, uint32_t control, uint32_t wave) {
    const uint32_t row = lane & ~15u, i = lane & 15, by = control & 15;
    if (control < 0x100) return (lane & ~3u) | (control >> 2 * (lane & 3) & 3);
    switch (control >> 4) {
        case 0x10: return i + by < 16 ? lane + by : kNone;                             // row_shl
        case 0x11: return i >= by ? lane - by : kNone;                                 // row_shr
        case 0x12: return row | ((i - by) & 15);                                       // row_ror
        case 0x15: return row | by;                                                    // row_share, row_newbcast
        case 0x16: return row | (i ^ by);                                              // row_xmask
    }
    switch (control) {
        case 0x130: return lane + 1 < wave ? lane + 1 : kNone;                         // wave_shl
        case 0x134: return (lane + 1) & (wave - 1);                                    // wave_rol
        case 0x138: return lane ? lane - 1 : kNone;                                    // wave_shr
        case 0x13c: return (lane - 1) & (wave - 1);                                    // wave_ror
        case 0x140: return row | (15 - i);                                             // row_mirror
        case 0x141: return (lane & ~7u) | (7 - (lane & 7));                            // row_half_mirror
        case 0x142: return lane > 15 ? row - 1 : kNone;                                // row_bcast:15
        case 0x143: return lane > 31 ? (lane & 32) - 1 : kNone;                        // row_bcast:31
    }
    return kNone;
}

// in[3]: control, row mask << 20, bank mask << 24, kBoundCtrl
void dpp(Group& g) {
    each_lane(g.active, [&](uint32_t lane) {
        const uint64_t how = g.op[lane]->in[3];
        if (!(how >> (20 + lane / 16) & 1) || !(how >> (24 + lane / 4 % 4) & 1)) return;
        const uint32_t source = dpp_source(lane, how & 0x1ff, g.wave);
        if (takes_part(g, source)) deliver(g, source, lane);
        else if (how & kBoundCtrl) deliver_zero(g, lane);
    });
}

void dpp8(Group& g) {
    each_lane(g.active, [&](uint32_t lane) {
        const uint32_t source = (lane & ~7u) | (g.op[lane]->in[3] >> 3 * (lane & 7) & 7);
        if (takes_part(g, source)) deliver(g, source, lane);
        else deliver_zero(g, lane);
    });
}

// in[3]: which lane of the row, and flags
void permute16(Group& g) {
    each_lane(g.active, [&](uint32_t lane) {
        const uint64_t how = g.op[lane]->in[3];
        const uint32_t source = ((lane & ~15u) ^ (how & kOtherRow ? 16 : 0)) | (how & 15);
        if (takes_part(g, source)) return deliver(g, source, lane);
        if (how & kFetchInactive) report_absent(g, lane, source, "permlane16 with fetch of inactive lanes");
        else if (how & kBoundCtrl) deliver_zero(g, lane);
    });
}

// -- votes -----------------------------------------------------------------------------------------------------------------

void vote(Group& g) {
    uint64_t yes = 0;
    each_lane(g.active, [&](uint32_t lane) { yes |= uint64_t(g.op[lane]->in[0] & 1) << lane; });
    each_lane(g.active, [&](uint32_t lane) { g.op[lane]->out[0] = yes; });
}

uint64_t ballot(bool bit, uint32_t site) {
    Op op{vote};
    op.in[0] = bit;
    meet(op, site);
    return op.out[0];
}

// Predicates by their numbers in LLVM's CmpInst.
template <class Signed, class Unsigned> bool compare_integers(Unsigned a, Unsigned b, uint32_t predicate) {
    const Signed x = static_cast<Signed>(a), y = static_cast<Signed>(b);
    switch (predicate) {
        case 32: return a == b;
        case 33: return a != b;
        case 34: return a > b;
        case 35: return a >= b;
        case 36: return a < b;
        case 37: return a <= b;
        case 38: return x > y;
        case 39: return x >= y;
        case 40: return x < y;
        case 41: return x <= y;
    }
    return false;
}

// Bits of an ordered predicate: 1 equal, 2 greater, 4 less; bit 8: or unordered.
template <class T> bool compare_floats(T a, T b, uint32_t predicate) {
    const uint32_t found = a == b ? 1 : a > b ? 2 : a < b ? 4 : 8;
    return predicate & found;
}

// -- reductions ----------------------------------------------------------------------------------------------------------

enum Reduction : uint64_t { add, subtract, smallest, smallest_unsigned, greatest, greatest_unsigned, all_bits, any_bits, odd_bits };

template <class Signed> void reduce(Group& g) {
    using Unsigned = std::make_unsigned_t<Signed>;
    bool begun = false;
    Unsigned total = 0;
    each_lane(g.active, [&](uint32_t lane) {
        const Unsigned value = static_cast<Unsigned>(g.op[lane]->in[0]);
        const auto kind = static_cast<Reduction>(g.op[lane]->in[1]);
        const Signed a = static_cast<Signed>(total), b = static_cast<Signed>(value);
        if (kind == subtract) total -= value;
        else if (!begun) total = value;
        else switch (kind) {
            case smallest: total = b < a ? value : total; break;
            case smallest_unsigned: total = value < total ? value : total; break;
            case greatest: total = b > a ? value : total; break;
            case greatest_unsigned: total = value > total ? value : total; break;
            case all_bits: total &= value; break;
            case any_bits: total |= value; break;
            case odd_bits: total ^= value; break;
            default: total += value; break;
        }
        begun = true;
    });
    each_lane(g.active, [&](uint32_t lane) { g.op[lane]->out[0] = total; });
}

template <class Signed> uint64_t reduced(uint64_t value, Reduction kind, uint32_t site) {
    Op op{reduce<Signed>};
    op.in[0] = value, op.in[1] = kind;
    meet(op, site);
    return op.out[0];
}

// ds_append, ds_consume: one addition for the whole wavefront; everyone gets the counter from before.
void append(Group& g) {
    const uint32_t first = static_cast<uint32_t>(__builtin_ctzll(g.active));
    auto* counter = reinterpret_cast<uint32_t*>(g.op[first]->in[0]);
    const uint32_t lanes = static_cast<uint32_t>(__builtin_popcountll(g.active)) * static_cast<uint32_t>(g.op[first]->in[1]);
    const uint32_t before = __atomic_fetch_add(counter, lanes, __ATOMIC_RELAXED);
    each_lane(g.active, [&](uint32_t lane) { g.op[lane]->out[0] = before; });
}

uint32_t appended(uint32_t* counter, int32_t step, uint32_t site) {
    Op op{append};
    op.in[0] = reinterpret_cast<uint64_t>(counter), op.in[1] = static_cast<uint32_t>(step);
    meet(op, site);
    return static_cast<uint32_t>(op.out[0]);
}

template <class T> T moved(Resolve how, T value, uint64_t selector, uint32_t site, T old = {}) {
    Moving op(how, value, old, selector);
    meet(op, site);
    return old;
}

uint64_t dpp_selector(uint32_t control, uint32_t rows, uint32_t banks, uint32_t bound) {
    return (control & 0x1ff) | uint64_t(rows & 15) << 20 | uint64_t(banks & 15) << 24 | (bound & 1 ? kBoundCtrl : 0);
}
uint64_t row_selector(uint32_t low, uint32_t high, uint32_t fetch, uint32_t bound) {
    const uint32_t i = lane() & 15;
    return ((i < 8 ? low : high) >> 4 * (i & 7) & 15) | (fetch & 1 ? kFetchInactive : 0) | (bound & 1 ? kBoundCtrl : 0);
}

void nothing(Group&) {}

}  // namespace

// -- what IR calls -----------------------------------------------------------------------------------------------------------

// The forms for one type: its suffix, and how it is passed.
#define MOVES(suffix, T)                                                                                                \
    extern "C" T hw_amdgcn_readfirstlane_##suffix(T value, uint32_t site) { return moved(first_lane, value, 0, site); } \
    extern "C" T hw_amdgcn_readlane_##suffix(T value, uint32_t from, uint32_t site) {                                   \
        return moved(read_lane, value, from, site);                                                                     \
    }                                                                                                                   \
    extern "C" T hw_amdgcn_writelane_##suffix(T value, uint32_t to, T old, uint32_t site) {                             \
        const uint32_t self = lane();                                                                                   \
        T uniform = moved(first_lane, value, 0, site);                                                                  \
        if ((to & (hw_target.wave - 1)) != self) uniform = old;                                                         \
        return uniform;                                                                                                 \
    }                                                                                                                   \
    extern "C" T hw_amdgcn_update_dpp_##suffix(T old, T value, uint32_t control, uint32_t rows, uint32_t banks,         \
                                               uint32_t bound, uint32_t site) {                                         \
        return moved(dpp, value, dpp_selector(control, rows, banks, bound), site, old);                                 \
    }                                                                                                                   \
    extern "C" T hw_amdgcn_mov_dpp_##suffix(T value, uint32_t control, uint32_t rows, uint32_t banks, uint32_t bound,   \
                                            uint32_t site) {                                                            \
        return moved(dpp, value, dpp_selector(control, rows, banks, bound), site);                                      \
    }                                                                                                                   \
    extern "C" T hw_amdgcn_mov_dpp8_##suffix(T value, uint32_t selector, uint32_t site) {                               \
        return moved(dpp8, value, selector, site);                                                                      \
    }                                                                                                                   \
    extern "C" T hw_amdgcn_permlane16_##suffix(T old, T value, uint32_t low, uint32_t high, uint32_t fetch,             \
                                               uint32_t bound, uint32_t site) {                                         \
        return moved(permute16, value, row_selector(low, high, fetch, bound), site, old);                               \
    }                                                                                                                   \
    extern "C" T hw_amdgcn_permlanex16_##suffix(T old, T value, uint32_t low, uint32_t high, uint32_t fetch,            \
                                                uint32_t bound, uint32_t site) {                                        \
        return moved(permute16, value, row_selector(low, high, fetch, bound) | kOtherRow, site, old);                   \
    }                                                                                                                   \
    extern "C" T hw_amdgcn_permlane64_##suffix(T value, uint32_t site) { return moved(permute64, value, 0, site); }

MOVES(i16, uint16_t)
MOVES(i32, uint32_t)
MOVES(i64, uint64_t)
MOVES(p0, void*)
MOVES(f16, _Float16)
MOVES(bf16, __bf16)
MOVES(f32, float)
MOVES(f64, double)
MOVES(v2f16, Half8)
MOVES(v4f16, Half8)
MOVES(v2bf16, Bfloat8)
MOVES(v4bf16, Bfloat8)
MOVES(v2i16, Short8)
MOVES(v4i16, Short8)
MOVES(v2i32, Int4)
MOVES(v3i32, Int4)
MOVES(v4i32, Int4)
MOVES(v2f32, Float4)
MOVES(v3f32, Float4)
MOVES(v4f32, Float4)
#undef MOVES

extern "C" {

uint32_t hw_amdgcn_ds_bpermute(uint32_t address, uint32_t value, uint32_t site) { return moved(bpermute, value, address, site); }
uint32_t hw_amdgcn_ds_permute(uint32_t address, uint32_t value, uint32_t site) { return moved(permute, value, address, site); }
uint32_t hw_amdgcn_ds_swizzle(uint32_t value, uint32_t pattern, uint32_t site) { return moved(swizzle, value, pattern, site); }
uint32_t hw_amdgcn_permlane16_var(uint32_t old, uint32_t value, uint32_t from, uint32_t fetch, uint32_t bound, uint32_t site) {
    const uint32_t all = (from & 15) * 0x11111111u;
    return moved(permute16, value, row_selector(all, all, fetch, bound), site, old);
}
uint32_t hw_amdgcn_permlanex16_var(uint32_t old, uint32_t value, uint32_t from, uint32_t fetch, uint32_t bound, uint32_t site) {
    const uint32_t all = (from & 15) * 0x11111111u;
    return moved(permute16, value, row_selector(all, all, fetch, bound) | kOtherRow, site, old);
}

uint32_t hw_amdgcn_ballot_i32(uint32_t bit, uint32_t site) { return static_cast<uint32_t>(ballot(bit & 1, site)); }
uint64_t hw_amdgcn_ballot_i64(uint32_t bit, uint32_t site) { return ballot(bit & 1, site); }
bool hw_amdgcn_inverse_ballot_i32(uint32_t mask) { return mask >> lane() & 1; }
bool hw_amdgcn_inverse_ballot_i64(uint64_t mask) { return mask >> lane() & 1; }

#define COMPARES(mask, M)                                                                                               \
    M hw_amdgcn_icmp_##mask##_i1(uint32_t a, uint32_t b, uint32_t how, uint32_t site) {                                 \
        return static_cast<M>(ballot(compare_integers<int32_t>(a & 1, b & 1, how), site));                              \
    }                                                                                                                   \
    M hw_amdgcn_icmp_##mask##_i16(uint32_t a, uint32_t b, uint32_t how, uint32_t site) {                                \
        return static_cast<M>(ballot(compare_integers<int16_t>(uint16_t(a), uint16_t(b), how), site));                  \
    }                                                                                                                   \
    M hw_amdgcn_icmp_##mask##_i32(uint32_t a, uint32_t b, uint32_t how, uint32_t site) {                                \
        return static_cast<M>(ballot(compare_integers<int32_t>(a, b, how), site));                                      \
    }                                                                                                                   \
    M hw_amdgcn_icmp_##mask##_i64(uint64_t a, uint64_t b, uint32_t how, uint32_t site) {                                \
        return static_cast<M>(ballot(compare_integers<int64_t>(a, b, how), site));                                      \
    }                                                                                                                   \
    M hw_amdgcn_fcmp_##mask##_f16(_Float16 a, _Float16 b, uint32_t how, uint32_t site) {                                \
        return static_cast<M>(ballot(compare_floats(a, b, how), site));                                                 \
    }                                                                                                                   \
    M hw_amdgcn_fcmp_##mask##_f32(float a, float b, uint32_t how, uint32_t site) {                                      \
        return static_cast<M>(ballot(compare_floats(a, b, how), site));                                                 \
    }                                                                                                                   \
    M hw_amdgcn_fcmp_##mask##_f64(double a, double b, uint32_t how, uint32_t site) {                                    \
        return static_cast<M>(ballot(compare_floats(a, b, how), site));                                                 \
    }
COMPARES(i32, uint32_t)
COMPARES(i64, uint64_t)
#undef COMPARES

#define REDUCES(name, kind)                                                                                             \
    uint32_t hw_amdgcn_wave_reduce_##name##_i32(uint32_t value, uint32_t, uint32_t site) {                              \
        return static_cast<uint32_t>(reduced<int32_t>(value, kind, site));                                              \
    }                                                                                                                   \
    uint64_t hw_amdgcn_wave_reduce_##name##_i64(uint64_t value, uint32_t, uint32_t site) {                              \
        return reduced<int64_t>(value, kind, site);                                                                     \
    }
REDUCES(add, add)
REDUCES(sub, subtract)
REDUCES(min, smallest)
REDUCES(umin, smallest_unsigned)
REDUCES(max, greatest)
REDUCES(umax, greatest_unsigned)
REDUCES(and, all_bits)
REDUCES(or, any_bits)
REDUCES(xor, odd_bits)
#undef REDUCES

uint32_t hw_amdgcn_ds_append_p0(uint32_t* counter, uint32_t, uint32_t site) { return appended(counter, 1, site); }
uint32_t hw_amdgcn_ds_consume_p0(uint32_t* counter, uint32_t, uint32_t site) { return appended(counter, -1, site); }

// -- barriers ----------------------------------------------------------------------------------------------------------------

void hw_amdgcn_s_barrier(uint32_t site) { barrier(site); }
// gfx12 splits the barrier. Who signals goes on; everyone is waited for where the wait stands.
void hw_amdgcn_s_barrier_signal(uint32_t, uint32_t) {}
void hw_amdgcn_s_barrier_wait(uint32_t, uint32_t site) { barrier(site); }
void hw_amdgcn_wave_barrier(uint32_t site) {
    Op op{nothing};
    meet(op, site);
}
void hw_amdgcn_s_sleep(uint32_t, uint32_t site) { yield(site); }
void hw_amdgcn_s_sleep_var(uint32_t, uint32_t site) { yield(site); }
[[noreturn]] void hw_amdgcn_endpgm(uint32_t) { exit_lane(); }

}  // extern "C"
