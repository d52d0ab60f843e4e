// What CUDA device code asks of its system: printf, assert, a heap, clocks, properties of the compilation.
#include "../machine.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace hw;

#define SYSTEM(result, name, parameters)                                                                                \
    extern "C" result nv_##name parameters asm("hw." #name);                                                            \
    extern "C" __attribute__((weak)) result nv_##name parameters

namespace {

// Arguments as clang packs them: each at a multiple of its own size.
struct Arguments {
    const char* next;
    template <class T> T take() {
        const uintptr_t at = (reinterpret_cast<uintptr_t>(next) - start + sizeof(T) - 1) / sizeof(T) * sizeof(T);
        T value;
        std::memcpy(&value, reinterpret_cast<const char*>(start + at), sizeof value);
        next = reinterpret_cast<const char*>(start + at + sizeof(T));
        return value;
    }
    uintptr_t start = reinterpret_cast<uintptr_t>(next);
};

template <class T> void print(std::string& out, const std::string& spec, T value) {
    char small[256];
    const int need = std::snprintf(small, sizeof small, spec.c_str(), value);
    if (need < 0) return;
    if (static_cast<size_t>(need) < sizeof small) {
        out.append(small, static_cast<size_t>(need));
        return;
    }
    std::string large(static_cast<size_t>(need) + 1, '\0');
    std::snprintf(large.data(), large.size(), spec.c_str(), value);
    out.append(large, 0, static_cast<size_t>(need));
}

std::string formatted(const char* format, const char* packed, int* count) {
    std::string out;
    Arguments arguments{packed};
    for (const char* at = format; *at;) {
        if (*at != '%') {
            const size_t plain = std::strcspn(at, "%");
            out.append(at, plain);
            at += plain;
            continue;
        }
        if (at[1] == '%') {
            out += '%';
            at += 2;
            continue;
        }
        std::string spec = "%";
        bool wide = false;
        const char* p = at + 1;
        for (; *p && !std::isalpha(static_cast<unsigned char>(*p)); ++p) {
            if (*p == '*') {
                spec += std::to_string(arguments.take<int>());
                ++*count;
            } else {
                spec += *p;
            }
        }
        for (; *p && std::strchr("hlLjzt", *p); ++p) {
            wide = wide || std::strchr("lLjzt", *p);
            if (*p == 'h') spec += 'h';
        }
        if (!*p) break;
        ++*count;
        switch (*p) {
        case 'd': case 'i':
            if (wide) print(out, spec + "ll" + *p, arguments.take<long long>());
            else print(out, spec + *p, arguments.take<int>());
            break;
        case 'u': case 'x': case 'X': case 'o':
            if (wide) print(out, spec + "ll" + *p, arguments.take<unsigned long long>());
            else print(out, spec + *p, arguments.take<unsigned>());
            break;
        case 'c': print(out, spec + *p, arguments.take<int>()); break;
        case 'f': case 'F': case 'e': case 'E': case 'g': case 'G': case 'a': case 'A':
            print(out, spec + *p, arguments.take<double>());
            break;
        case 's': {
            const char* text = arguments.take<const char*>();
            print(out, spec + *p, text ? text : "(null)");
            break;
        }
        case 'p': print(out, spec + *p, arguments.take<const void*>()); break;
        default: --*count; out.append(at, p + 1); break;     // no conversion of this name: CUDA prints it as it stands
        }
        at = p + 1;
    }
    return out;
}

uint64_t nanoseconds() {
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count());
}

}  // namespace

// CUDA's printf returns how many arguments it took.
SYSTEM(int, vprintf, (const char* format, const char* packed)) {
    if (!format) return -1;
    int count = 0;
    const std::string text = formatted(format, packed, &count);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return count;
}

SYSTEM(void, __assertfail, (const char* message, const char* file, unsigned line, const char* function, size_t)) {
    std::fprintf(stderr, "%s:%u: %s: block: [%u,%u,%u], thread: [%u,%u,%u] Assertion `%s` failed.\n", file, line, function,
                 hw_self->block_id.x, hw_self->block_id.y, hw_self->block_id.z, hw_self->thread.x, hw_self->thread.y,
                 hw_self->thread.z, message);
    fatal_at("assert", file, line, "%s: assertion `%s` failed", function, message);
}

SYSTEM(void*, malloc, (size_t bytes)) { return bytes ? device_allocate(bytes, 16) : nullptr; }
SYSTEM(void, free, (void* p)) {
    if (p && !device_free(p)) fault("out-of-bounds", 0, "free() in a kernel of %p, which malloc() in a kernel did not give", p);
}
SYSTEM(void*, memcpy, (void* to, const void* from, size_t n)) { return std::memcpy(to, from, n); }
SYSTEM(void*, memmove, (void* to, const void* from, size_t n)) { return std::memmove(to, from, n); }
SYSTEM(void*, memset, (void* to, int value, size_t n)) { return std::memset(to, value, n); }
SYSTEM(int, memcmp, (const void* a, const void* b, size_t n)) { return std::memcmp(a, b, n); }
SYSTEM(size_t, strlen, (const char* a)) { return std::strlen(a); }

// As nvcc answers for sm_80 without --use_fast_math.
static int reflected(const char* name) {
    if (!std::strcmp(name, "__CUDA_ARCH")) return 800;
    if (!std::strcmp(name, "__CUDA_PREC_SQRT") || !std::strcmp(name, "__CUDA_PREC_DIV")) return 1;
    return 0;
}
SYSTEM(int, __nvvm_reflect, (const char* name)) { return reflected(name); }
extern "C" int hw_nvvm_reflect(const char* name) { return reflected(name); }

// The clocks tick in nanoseconds; they say nothing of a GPU's speed, and programs only compare or print them.
extern "C" uint32_t hw_nvvm_read_ptx_sreg_clock() { return static_cast<uint32_t>(nanoseconds()); }
extern "C" uint32_t hw_nvvm_read_ptx_sreg_clock_hi() { return static_cast<uint32_t>(nanoseconds() >> 32); }
extern "C" uint64_t hw_nvvm_read_ptx_sreg_clock64() { return nanoseconds(); }
extern "C" uint64_t hw_nvvm_read_ptx_sreg_globaltimer() { return nanoseconds(); }
extern "C" uint32_t hw_nvvm_read_ptx_sreg_globaltimer_lo() { return static_cast<uint32_t>(nanoseconds()); }
extern "C" uint32_t hw_nvvm_read_ptx_sreg_globaltimer_hi() { return static_cast<uint32_t>(nanoseconds() >> 32); }
