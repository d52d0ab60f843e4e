// AMD's device library of kernel services (`__ockl_*`): where a lane stands, printf, the heap, reductions over wavefronts
// and blocks, integer helpers; and the few C functions that device code can leave open.
#include "device.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <time.h>
#include <x86intrin.h>

using namespace hw;

// -- where a lane stands ---------------------------------------------------------------------------------------------------

namespace {
uint64_t part(const Dim& d, uint32_t axis) { return axis == 0 ? d.x : axis == 1 ? d.y : axis == 2 ? d.z : 0; }
uint64_t extent(const Dim& d, uint32_t axis) { return axis < 3 ? part(d, axis) : 1; }
uint64_t global_id(uint32_t axis) {
    return part(hw_self->block_id, axis) * extent(hw_self->block_dim, axis) + part(hw_self->thread, axis);
}
uint64_t global_size(uint32_t axis) { return extent(hw_self->grid_dim, axis) * extent(hw_self->block_dim, axis); }
}  // namespace

DEVICE(uint64_t, __ockl_get_local_id, (uint32_t axis)) { return part(hw_self->thread, axis); }
DEVICE(uint64_t, __ockl_get_group_id, (uint32_t axis)) { return part(hw_self->block_id, axis); }
DEVICE(uint64_t, __ockl_get_local_size, (uint32_t axis)) { return extent(hw_self->block_dim, axis); }
DEVICE(uint64_t, __ockl_get_enqueued_local_size, (uint32_t axis)) { return extent(hw_self->block_dim, axis); }
DEVICE(uint64_t, __ockl_get_num_groups, (uint32_t axis)) { return extent(hw_self->grid_dim, axis); }
DEVICE(uint64_t, __ockl_get_global_id, (uint32_t axis)) { return global_id(axis); }
DEVICE(uint64_t, __ockl_get_global_size, (uint32_t axis)) { return global_size(axis); }
DEVICE(uint64_t, __ockl_get_global_offset, (uint32_t)) { return 0; }
DEVICE(uint64_t, __ockl_get_local_linear_id, ()) { return hw_self->linear; }
DEVICE(uint64_t, __ockl_get_global_linear_id, ()) {
    return (global_id(2) * global_size(1) + global_id(1)) * global_size(0) + global_id(0);
}
DEVICE(uint32_t, __ockl_get_work_dim, ()) { return global_size(2) > 1 ? 3 : global_size(1) > 1 ? 2 : 1; }
DEVICE(uint32_t, __ockl_lane_u32, ()) { return lane(); }

// -- reductions and scans over the lanes of a wavefront that take part -----------------------------------------------------

namespace {

template <class T> struct Add {
    static T identity() { return T(0); }
    static T of(T a, T b) { return static_cast<T>(a + b); }
};
template <class T> T least() { return std::is_floating_point<T>::value ? T(-INFINITY) : std::numeric_limits<T>::min(); }
template <> _Float16 least() { return -static_cast<_Float16>(INFINITY); }
template <class T> T most() { return std::is_floating_point<T>::value ? T(INFINITY) : std::numeric_limits<T>::max(); }
template <> _Float16 most() { return static_cast<_Float16>(INFINITY); }
template <class T> struct Min {
    static T identity() { return most<T>(); }
    static T of(T a, T b) { return b < a || a != a ? b : a; }
};
template <class T> struct Max {
    static T identity() { return least<T>(); }
    static T of(T a, T b) { return b > a || a != a ? b : a; }
};
template <class T> struct And {
    static T identity() { return static_cast<T>(~T(0)); }
    static T of(T a, T b) { return a & b; }
};
template <class T> struct Or {
    static T identity() { return 0; }
    static T of(T a, T b) { return a | b; }
};
template <class T> struct Xor {
    static T identity() { return 0; }
    static T of(T a, T b) { return a ^ b; }
};

// Neighbours first, then pairs of pairs: floating-point sums depend on it.
template <class T, template <class> class How> void reduce(Group& g) {
    T values[kMaxWave];
    for (T& value : values) value = How<T>::identity();
    each_lane(g.active, [&](uint32_t i) { values[i] = from_word<T>(g.op[i]->in[0]); });
    for (uint32_t step = 1; step < g.wave; step *= 2)
        for (uint32_t i = 0; i < g.wave; i += 2 * step) values[i] = How<T>::of(values[i], values[i + step]);
    each_lane(g.active, [&](uint32_t i) { g.op[i]->out[0] = word_of(values[0]); });
}

template <class T, template <class> class How> void scan(Group& g) {
    T total = How<T>::identity();
    each_lane(g.active, [&](uint32_t i) {
        const T before = total;
        total = How<T>::of(total, from_word<T>(g.op[i]->in[0]));
        g.op[i]->out[0] = word_of(g.op[i]->in[1] ? total : before);
    });
}

template <class T> T meeting(Resolve how, T value, uint64_t extra, uint32_t site) {
    Op op{how};
    op.in[0] = word_of(value), op.in[1] = extra;
    meet(op, site);
    return from_word<T>(op.out[0]);
}

void number_active(Group& g) {
    uint64_t number = 0;
    each_lane(g.active, [&](uint32_t i) { g.op[i]->out[0] = number++; });
}

void broadcast(Group& g) {
    const uint32_t first = static_cast<uint32_t>(__builtin_ctzll(g.active));
    const uint32_t source = static_cast<uint32_t>(g.op[first]->in[1]) & (g.wave - 1);
    const bool there = g.active >> source & 1;
    if (!there) fault("inactive-lane", g.site, "a broadcast of lane %u, which does not take part", source);
    each_lane(g.active, [&](uint32_t i) { g.op[i]->out[0] = g.op[there ? source : i]->in[0]; });
}

}  // namespace

#define OVER_WAVE(name, How, suffix, T)                                                                                 \
    DEVICE(T, __ockl_wfred_##name##_##suffix, (T value, uint32_t site)) { return meeting(reduce<T, How>, value, 0, site); } \
    DEVICE(T, __ockl_wfscan_##name##_##suffix, (T value, uint32_t inclusive, uint32_t site)) {                          \
        return meeting(scan<T, How>, value, inclusive & 1, site);                                                       \
    }
#define OVER_WAVE_INTEGERS(name, How)                                                                                   \
    OVER_WAVE(name, How, i32, int32_t) OVER_WAVE(name, How, u32, uint32_t)                                              \
    OVER_WAVE(name, How, i64, int64_t) OVER_WAVE(name, How, u64, uint64_t)
#define OVER_WAVE_FLOATS(name, How)                                                                                     \
    OVER_WAVE(name, How, f16, _Float16) OVER_WAVE(name, How, f32, float) OVER_WAVE(name, How, f64, double)
OVER_WAVE_INTEGERS(add, Add) OVER_WAVE_FLOATS(add, Add)
OVER_WAVE_INTEGERS(min, Min) OVER_WAVE_FLOATS(min, Min)
OVER_WAVE_INTEGERS(max, Max) OVER_WAVE_FLOATS(max, Max)
OVER_WAVE_INTEGERS(and, And)
OVER_WAVE_INTEGERS(or, Or)
OVER_WAVE_INTEGERS(xor, Xor)

DEVICE(bool, __ockl_wfany_i32, (int32_t value, uint32_t site)) { return meeting<int32_t>(reduce<int32_t, Or>, value != 0, 0, site); }
DEVICE(bool, __ockl_wfall_i32, (int32_t value, uint32_t site)) { return meeting<int32_t>(reduce<int32_t, And>, value != 0, 0, site) & 1; }
DEVICE(uint32_t, __ockl_wfbcast_u32, (uint32_t value, uint32_t from, uint32_t site)) { return meeting(broadcast, value, from, site); }
DEVICE(uint64_t, __ockl_wfbcast_u64, (uint64_t value, uint32_t from, uint32_t site)) { return meeting(broadcast, value, from, site); }
DEVICE(uint32_t, __ockl_activelane_u32, (uint32_t site)) { return meeting<uint32_t>(number_active, 0, 0, site); }

// Over the block. The headers ask for truth values only, which is all that the machine's barrier reduces.
namespace {
int32_t over_block(const char* name, Reduce how, int32_t value, uint32_t site) {
    if (value != 0 && value != 1) hw_unsupported(name);
    return static_cast<int32_t>(barrier(site, 0, 0, how, static_cast<uint32_t>(value)));
}
}  // namespace
DEVICE(int32_t, __ockl_wgred_add_i32, (int32_t value, uint32_t site)) {
    return over_block("__ockl_wgred_add_i32 of other values than 0 and 1", Reduce::count, value, site);
}
DEVICE(int32_t, __ockl_wgred_and_i32, (int32_t value, uint32_t site)) {
    return over_block("__ockl_wgred_and_i32 of other values than 0 and 1", Reduce::all, value, site);
}
DEVICE(int32_t, __ockl_wgred_or_i32, (int32_t value, uint32_t site)) {
    return over_block("__ockl_wgred_or_i32 of other values than 0 and 1", Reduce::any, value, site);
}

// A grid barrier without a cooperative launch is found by the machine.
DEVICE(int32_t, __ockl_grid_is_valid, ()) { return 1; }
DEVICE(void, __ockl_grid_sync, (uint32_t site)) { grid_barrier(site); }

// -- printf: a message is collected piece by piece and printed with its last piece -----------------------------------------

namespace {

struct Piece {
    bool is_text;
    uint64_t word;
    std::string text;
};
struct Message {
    FILE* stream;
    std::vector<Piece> pieces;   // the format, then the arguments
};

class Formatter {
public:
    explicit Formatter(const Message& message) : pieces_(message.pieces) {}

    std::string run() {
        const std::string format = pieces_.empty() ? "" : pieces_[0].text;
        for (size_t at = 0; at < format.size() && format[at];) {
            if (format[at] != '%') out_ += format[at++];
            else at = conversion(format, at);
        }
        return out_;
    }

private:
    uint64_t word() { return next_ < pieces_.size() ? pieces_[next_++].word : 0; }

    template <class T> void print(const std::string& spec, T value) {
        const int size = std::snprintf(nullptr, 0, spec.c_str(), value);
        if (size <= 0) return;
        std::string text(static_cast<size_t>(size) + 1, '\0');
        std::snprintf(&text[0], text.size(), spec.c_str(), value);
        out_.append(text, 0, static_cast<size_t>(size));
    }

    // One conversion from the '%' on; returns the position behind it. Stars become numbers.
    size_t conversion(const std::string& format, size_t at) {
        const size_t start = at++;
        if (at < format.size() && format[at] == '%') { out_ += '%'; return at + 1; }
        std::string spec = "%";
        std::string length;
        for (; at < format.size() && std::strchr("-+ #0123456789.*hlLjztvq", format[at]); ++at) {
            if (format[at] == '*') spec += std::to_string(static_cast<int32_t>(word()));
            else if (std::strchr("hlLjztq", format[at])) length += format[at];
            else spec += format[at];
        }
        if (at >= format.size()) { out_.append(format, start, std::string::npos); return at; }
        const bool wide = !length.empty() && length[0] != 'h';
        const char kind = format[at++];
        switch (kind) {
            case 'd': case 'i': {
                int64_t value = static_cast<int64_t>(word());
                if (!wide) value = length == "hh" ? int8_t(value) : length == "h" ? int16_t(value) : int32_t(value);
                print(spec + "ll" + kind, static_cast<long long>(value));
                break;
            }
            case 'u': case 'x': case 'X': case 'o': {
                uint64_t value = word();
                if (!wide) value = length == "hh" ? uint8_t(value) : length == "h" ? uint16_t(value) : uint32_t(value);
                print(spec + "ll" + kind, static_cast<unsigned long long>(value));
                break;
            }
            case 'c': print(spec + kind, static_cast<int>(word())); break;
            case 'p': print(spec + kind, reinterpret_cast<void*>(word())); break;
            case 's': string(spec); break;
            case 'f': case 'F': case 'e': case 'E': case 'g': case 'G': case 'a': case 'A':
                print(spec + kind, bits_as<double>(word()));
                break;
            case 'n': word(); break;
            default: out_.append(format, start, at - start);
        }
        return at;
    }

    void string(const std::string& spec) {
        const Piece* piece = next_ < pieces_.size() ? &pieces_[next_++] : nullptr;
        print(spec + 's', piece && piece->is_text ? piece->text.c_str() : "(null)");
    }

    const std::vector<Piece>& pieces_;
    std::string out_;
    size_t next_ = 1;
};

uint64_t begin(FILE* stream) { return reinterpret_cast<uint64_t>(new Message{stream, {}}); }

thread_local std::string last_error;   // the last line that device code wrote to stderr

uint64_t appended(uint64_t message, bool last) {
    auto* what = reinterpret_cast<Message*>(message);
    if (!last) return message;
    const std::string text = Formatter(*what).run();
    std::fwrite(text.data(), 1, text.size(), what->stream);
    if (what->stream == stderr) last_error = text.substr(0, text.find('\n'));
    delete what;
    return text.size();
}

uint64_t append_text(uint64_t message, const char* text, uint64_t length, bool last) {
    // The length counts the closing zero, which the text need not have.
    const uint64_t shown = text ? strnlen(text, length) : 0;
    reinterpret_cast<Message*>(message)->pieces.push_back({text != nullptr, 0, std::string(text ? text : "", shown)});
    return appended(message, last);
}

uint64_t append_words(uint64_t message, uint32_t count, const uint64_t (&words)[7], bool last) {
    for (uint32_t i = 0; i < count && i < 7; ++i) reinterpret_cast<Message*>(message)->pieces.push_back({false, words[i], {}});
    return appended(message, last);
}

}  // namespace

DEVICE(uint64_t, __ockl_printf_begin, (uint64_t)) { return begin(stdout); }
DEVICE(uint64_t, __ockl_fprintf_stdout_begin, ()) { return begin(stdout); }
DEVICE(uint64_t, __ockl_fprintf_stderr_begin, ()) { return begin(stderr); }
#define APPENDS(name)                                                                                                   \
    DEVICE(uint64_t, name##_append_string_n, (uint64_t message, const char* text, uint64_t length, uint32_t last)) {    \
        return append_text(message, text, length, last != 0);                                                           \
    }                                                                                                                   \
    DEVICE(uint64_t, name##_append_args, (uint64_t message, uint32_t count, uint64_t a, uint64_t b, uint64_t c,         \
                                          uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint32_t last)) {             \
        return append_words(message, count, {a, b, c, d, e, f, g}, last != 0);                                          \
    }
APPENDS(__ockl_printf)
APPENDS(__ockl_fprintf)
#undef APPENDS

// The trap of a failed assertion: its text has just been written, "file:line: function: ...".
extern "C" void hw_assert_failed(uint32_t site) {
    const std::string said = last_error;
    for (size_t at = said.find(':'); at != std::string::npos; at = said.find(':', at + 1)) {
        char* end = nullptr;
        const unsigned long line = std::strtoul(said.c_str() + at + 1, &end, 10);
        if (line && *end == ':') fatal_at("assert", said.substr(0, at).c_str(), uint32_t(line), "%s", end + 2);
    }
    fatal("assert", site, "%s", said.c_str());
}

// -- heap, clocks, pointers ------------------------------------------------------------------------------------------------

DEVICE(void*, __ockl_dm_alloc, (uint64_t bytes)) { return bytes ? device_allocate(bytes, 16) : nullptr; }
DEVICE(void, __ockl_dm_dealloc, (uint64_t place)) {
    if (place && !device_free(reinterpret_cast<void*>(place)))
        fatal("out-of-bounds", 0, "free of %p, which no allocation begins at", reinterpret_cast<void*>(place));
}
DEVICE(uint64_t, __ockl_steadyctr_u64, ()) {   // 100 MHz
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 100000000 + static_cast<uint64_t>(now.tv_nsec) / 10;
}
DEVICE(uint64_t, __ockl_cyclectr_u64, ()) { return __rdtsc(); }

extern "C" bool hw_amdgcn_is_shared(const void*);
extern "C" bool hw_amdgcn_is_private(const void*);
DEVICE(bool, __ockl_is_local_addr, (const void* p)) { return hw_amdgcn_is_shared(p); }
DEVICE(bool, __ockl_is_private_addr, (const void* p)) { return hw_amdgcn_is_private(p); }
DEVICE(void*, __ockl_to_global, (void* p)) { return p; }
DEVICE(void*, __ockl_to_local, (void* p)) { return p; }
DEVICE(void*, __ockl_to_private, (void* p)) { return p; }

DEVICE(void, __ockl_atomic_add_noret_f32, (float* place, float value)) {
    uint32_t* word = reinterpret_cast<uint32_t*>(place);
    uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(word, &seen, bits_as<uint32_t>(bits_as<float>(seen) + value), true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {}
}

// -- integers ----------------------------------------------------------------------------------------------------------------

DEVICE(uint32_t, __ockl_mul24_u32, (uint32_t a, uint32_t b)) { return (a & 0xffffff) * (b & 0xffffff); }
DEVICE(int32_t, __ockl_mul24_i32, (int32_t a, int32_t b)) {
    return static_cast<int32_t>(static_cast<uint32_t>(int32_t(uint32_t(a) << 8) >> 8) * static_cast<uint32_t>(int32_t(uint32_t(b) << 8) >> 8));
}
DEVICE(uint32_t, __ockl_mul_hi_u32, (uint32_t a, uint32_t b)) { return uint32_t(uint64_t(a) * b >> 32); }
DEVICE(int32_t, __ockl_mul_hi_i32, (int32_t a, int32_t b)) { return int32_t(int64_t(a) * b >> 32); }
DEVICE(uint64_t, __ockl_mul_hi_u64, (uint64_t a, uint64_t b)) { return uint64_t(static_cast<unsigned __int128>(a) * b >> 64); }
DEVICE(int64_t, __ockl_mul_hi_i64, (int64_t a, int64_t b)) { return int64_t(static_cast<__int128>(a) * b >> 64); }
DEVICE(uint32_t, __ockl_sadd_u32, (uint32_t a, uint32_t b, uint32_t c)) { return (a > b ? a - b : b - a) + c; }
DEVICE(uint8_t, __ockl_clz_u8, (uint32_t a)) { return static_cast<uint8_t>((a & 0xff) ? __builtin_clz(a & 0xff) - 24 : 8); }
DEVICE(uint16_t, __ockl_clz_u16, (uint32_t a)) { return static_cast<uint16_t>((a & 0xffff) ? __builtin_clz(a & 0xffff) - 16 : 16); }
DEVICE(uint32_t, __ockl_clz_u32, (uint32_t a)) { return a ? uint32_t(__builtin_clz(a)) : 32; }
DEVICE(uint64_t, __ockl_clz_u64, (uint64_t a)) { return a ? uint64_t(__builtin_clzll(a)) : 64; }
DEVICE(uint32_t, __ockl_popcount_u32, (uint32_t a)) { return uint32_t(__builtin_popcount(a)); }
DEVICE(uint64_t, __ockl_popcount_u64, (uint64_t a)) { return uint64_t(__builtin_popcountll(a)); }

#define SATURATING(suffix, T)                                                                                           \
    DEVICE(T, __ockl_add_sat_##suffix, (T a, T b)) { return __builtin_elementwise_add_sat(a, b); }                      \
    DEVICE(T, __ockl_sub_sat_##suffix, (T a, T b)) { return __builtin_elementwise_sub_sat(a, b); }
SATURATING(i32, int32_t) SATURATING(u32, uint32_t) SATURATING(i64, int64_t) SATURATING(u64, uint64_t)
#undef SATURATING

// -- dot products ----------------------------------------------------------------------------------------------------------

namespace {
template <class T> T clamped(__int128 sum, bool saturate) {
    if (saturate && sum > std::numeric_limits<T>::max()) return std::numeric_limits<T>::max();
    if (saturate && sum < std::numeric_limits<T>::min()) return std::numeric_limits<T>::min();
    return static_cast<T>(sum);
}
// Field `i` of `bits` bits, with its sign where T has one.
template <class T> int64_t field(uint32_t word, uint32_t i, uint32_t bits) {
    const uint32_t up = 32 - bits * (i + 1);
    return std::is_signed<T>::value ? int64_t(int32_t(word << up) >> (32 - bits)) : int64_t(word << up >> (32 - bits));
}
template <class T> T dot(uint32_t a, uint32_t b, T c, uint32_t bits, bool saturate) {
    __int128 sum = c;
    for (uint32_t i = 0; i < 32 / bits; ++i) sum += field<T>(a, i, bits) * field<T>(b, i, bits);
    return clamped<T>(sum, saturate);
}
uint32_t pair(Short8 v) { return uint16_t(v[0]) | uint32_t(uint16_t(v[1])) << 16; }
uint32_t quad(Byte16 v) { return bits_as<Int4>(v)[0]; }
}  // namespace

DEVICE(float, __ockl_fdot2, (Half8 a, Half8 b, float c, uint32_t saturate)) {
    const float r = float(a[0]) * float(b[0]) + float(a[1]) * float(b[1]) + c;
    return saturate & 1 ? (r > 0 ? (r < 1 ? r : 1) : 0) : r;
}
DEVICE(int32_t, __ockl_sdot2, (Short8 a, Short8 b, int32_t c, uint32_t saturate)) { return dot(pair(a), pair(b), c, 16, saturate & 1); }
DEVICE(uint32_t, __ockl_udot2, (Short8 a, Short8 b, uint32_t c, uint32_t saturate)) { return dot(pair(a), pair(b), c, 16, saturate & 1); }
DEVICE(int32_t, __ockl_sdot4, (Byte16 a, Byte16 b, int32_t c, uint32_t saturate)) { return dot(quad(a), quad(b), c, 8, saturate & 1); }
DEVICE(uint32_t, __ockl_udot4, (Byte16 a, Byte16 b, uint32_t c, uint32_t saturate)) { return dot(quad(a), quad(b), c, 8, saturate & 1); }
DEVICE(int32_t, __ockl_sdot8, (uint32_t a, uint32_t b, int32_t c, uint32_t saturate)) { return dot(a, b, c, 4, saturate & 1); }
DEVICE(uint32_t, __ockl_udot8, (uint32_t a, uint32_t b, uint32_t c, uint32_t saturate)) { return dot(a, b, c, 4, saturate & 1); }

// -- C and C++ that device code can leave open. Weak: the NVIDIA side has some of them too. --------------------------------

#define WEAK_DEVICE(result, name, parameters)                                                                           \
    extern "C" __attribute__((weak)) result hw_fn_##name parameters asm("hw." #name);                                   \
    extern "C" __attribute__((weak)) result hw_fn_##name parameters

WEAK_DEVICE(void*, memcpy, (void* to, const void* from, size_t bytes)) { return std::memcpy(to, from, bytes); }
WEAK_DEVICE(void*, memmove, (void* to, const void* from, size_t bytes)) { return std::memmove(to, from, bytes); }
WEAK_DEVICE(void*, memset, (void* to, int value, size_t bytes)) { return std::memset(to, value, bytes); }
WEAK_DEVICE(int, memcmp, (const void* a, const void* b, size_t bytes)) { return std::memcmp(a, b, bytes); }
WEAK_DEVICE(size_t, strlen, (const char* text)) { return std::strlen(text); }
WEAK_DEVICE(void, abort, ()) { fatal("trap", 0, "the kernel called abort"); }
WEAK_DEVICE(void, __cxa_pure_virtual, ()) { fatal("trap", 0, "a pure virtual function was called"); }
WEAK_DEVICE(void, __cxa_deleted_virtual, ()) { fatal("trap", 0, "a deleted virtual function was called"); }
WEAK_DEVICE(void, __assert_fail, (const char* condition, const char* file, uint32_t line, const char* function)) {
    fatal_at("assert", file, line, "%s: assertion `%s' failed", function, condition);
}
WEAK_DEVICE(void, __assertfail, ()) { fatal("assert", 0, "an assertion failed"); }
