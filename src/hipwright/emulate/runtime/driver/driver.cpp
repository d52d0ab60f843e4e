// Launches single kernels without their program: what is linked with the device code of a unit when nothing else is.
//
// Requests come as lines of text. Each launch runs in a child process with memory of its own, so that a launch that makes
// no sense ends nothing but itself. An answer has a line with sizes, then the evidence of the run as lines of JSON, what
// the kernel printed, and every stretch of memory that it changed, with the bytes before and after.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <immintrin.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"

namespace {

using hw::Dim;

constexpr size_t kJoined = 64;        // changed stretches that are closer than this are sent as one
constexpr unsigned kWallSeconds = 60; // a launch that waits for ever uses no processor time

// Which memory: an arena by its number, a variable of the device by its name, or an argument of the kernel.
constexpr const char* kArgument = "argument";
struct Target { int arena = -1; std::string variable; };

// How the elements of some memory are filled: `count` values at `offset` of each `stride` bytes.
struct Fill {
    Target target;
    uint64_t offset = 0, stride = 0, count = 1;
    std::string kind, mode;
    double low = 0, high = 0;
    uint64_t seed = 0;
    std::string text;   // as it was asked for
};
struct Pointer {
    Target target;
    uint64_t offset = 0, stride = 0, count = 1;
    int to = -1;            // arena, -1: null
    uint64_t at = 0, step = 0;
    std::string text;
};

struct Request {
    std::string kernel;
    Dim grid, block;
    uint64_t lds = 0, milliseconds = 1000;
    bool cooperative = false;
    std::vector<uint64_t> arenas;
    std::vector<Fill> fills;
    std::vector<Pointer> pointers;
    std::vector<std::vector<unsigned char>> args;
    bool unfused = false;   // every product and sum is rounded by itself
};

struct Memory { std::string name; unsigned char* start; uint64_t bytes; std::unique_ptr<unsigned char[]> before; };

// Arenas are filled before the fork, and stay for the next launch that wants the same: a child copies only what it touches.
std::vector<Memory>& arenas() { static auto* all = new std::vector<Memory>; return *all; }
std::vector<std::string>& contents() { static auto* all = new std::vector<std::string>; return *all; }

uint64_t mixed(uint64_t x) {
    x += 0x9E3779B97F4A7C15ull;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

uint16_t as_bfloat(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    return uint16_t((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

uint32_t size_of(const std::string& kind) {
    if (kind == "bool" || kind == "i8" || kind == "u8" || kind == "f8") return 1;
    if (kind == "i16" || kind == "u16" || kind == "f16" || kind == "bf16") return 2;
    if (kind == "i32" || kind == "u32" || kind == "f32") return 4;
    return 8;
}

// What makes values of a kind: chosen once for all elements.
enum class Mode { raw, uniform, whole, ascending };
enum class Kind { boolean, float8, half, bfloat, single, twice, integer };

Kind kind_of(const std::string& name) {
    if (name == "bool") return Kind::boolean;
    if (name == "f8") return Kind::float8;
    if (name == "f16") return Kind::half;
    if (name == "bf16") return Kind::bfloat;
    if (name == "f32") return Kind::single;
    if (name == "f64") return Kind::twice;
    return Kind::integer;
}

Mode mode_of(const std::string& name) {
    return name == "raw" ? Mode::raw : name == "uniform" ? Mode::uniform : name == "whole" ? Mode::whole : Mode::ascending;
}

void write_real(unsigned char* place, Kind kind, double value) {
    const float single = float(value);
    if (kind == Kind::twice) std::memcpy(place, &value, 8);
    else if (kind == Kind::single) std::memcpy(place, &single, 4);
    else {
        const uint16_t half = kind == Kind::half ? uint16_t(_cvtss_sh(single, 0)) : as_bfloat(single);
        std::memcpy(place, &half, 2);
    }
}

void write_value(unsigned char* place, const Fill& fill, Kind kind, Mode mode, uint32_t size, uint64_t index) {
    const uint64_t random = mixed(fill.seed * 0x100000001B3ull + index);
    if (kind == Kind::boolean) *place = random & 1;
    else if (kind == Kind::float8) *place = uint8_t((random & 0x3F) | (random >> 8 & 0x80));   // no NaN, no infinity
    else if (mode == Mode::raw) std::memcpy(place, &random, size);
    else if (kind != Kind::integer) {
        const double step = mode == Mode::whole ? double(random % uint64_t(fill.high - fill.low + 1))
                                                : (fill.high - fill.low) * (double(random >> 11) * 0x1p-53);
        write_real(place, kind, fill.low + step);
    } else {
        // Ascending numbers are what offsets of rows look like.
        const uint64_t step = mode == Mode::ascending ? index * uint64_t(fill.high) : random % uint64_t(fill.high - fill.low + 1);
        const int64_t value = int64_t(fill.low) + int64_t(step);
        std::memcpy(place, &value, size);
    }
}

Memory* find(std::vector<Memory>& all, const std::string& name) {
    for (Memory& one : all)
        if (one.name == name) return &one;
    return nullptr;
}

void fill(Memory& memory, const Fill& how) {
    const uint32_t size = size_of(how.kind);
    const uint64_t stride = how.stride ? how.stride : size * how.count;
    const Kind kind = kind_of(how.kind);
    const Mode mode = mode_of(how.mode);
    uint64_t index = 0;
    for (uint64_t at = how.offset; at + size * how.count <= memory.bytes; at += stride)
        for (uint64_t i = 0; i < how.count; ++i) write_value(memory.start + at + i * size, how, kind, mode, size, index++);
}

void send_changes(FILE* out, const Memory& memory) {
    for (uint64_t at = 0; at < memory.bytes;) {
        // Most memory is as it was: look at it in large pieces.
        if (at % 4096 == 0 && at + 4096 <= memory.bytes && !std::memcmp(memory.start + at, memory.before.get() + at, 4096)) {
            at += 4096;
            continue;
        }
        if (memory.start[at] == memory.before[at]) { ++at; continue; }
        uint64_t end = at + 1;
        for (uint64_t next = end; next < memory.bytes && next < end + kJoined; ++next)
            if (memory.start[next] != memory.before[next]) end = next + 1;
        // Whole elements of any type.
        const uint64_t begin = at & ~uint64_t(15);
        end = std::min((end + 15) & ~uint64_t(15), memory.bytes);
        std::fprintf(out, "%s %llu %llu\n", memory.name.c_str(), (unsigned long long)begin, (unsigned long long)(end - begin));
        std::fwrite(memory.start + begin, 1, end - begin, out);
        std::fwrite(memory.before.get() + begin, 1, end - begin, out);
        at = end;
    }
}

void link(Memory& memory, const Pointer& pointer) {
    Memory* to = pointer.to >= 0 && size_t(pointer.to) < arenas().size() ? &arenas()[pointer.to] : nullptr;
    const uint64_t stride = pointer.stride ? pointer.stride : 8 * pointer.count;
    uint64_t index = 0;
    for (uint64_t at = pointer.offset; at + 8 * pointer.count <= memory.bytes; at += stride)
        for (uint64_t i = 0; i < pointer.count; ++i, ++index) {
            unsigned char* address = nullptr;
            if (to) address = to->start + (pointer.step ? index * pointer.step % (to->bytes / 2) : 0) + pointer.at;
            std::memcpy(memory.start + at + 8 * i, &address, sizeof address);
        }
}

bool prepare(const Request& request) {
    std::vector<Memory>& all = arenas();
    while (all.size() > request.arenas.size()) {
        hw::device_free(all.back().start);
        all.pop_back();
        contents().pop_back();
    }
    for (size_t i = 0; i < request.arenas.size(); ++i) {
        const uint64_t bytes = request.arenas[i];
        if (i < all.size() && all[i].bytes == bytes) continue;
        if (i < all.size()) hw::device_free(all[i].start);
        auto* start = static_cast<unsigned char*>(hw::device_allocate(bytes));
        if (!start) return false;
        Memory made{std::to_string(i), start, bytes, std::unique_ptr<unsigned char[]>(new unsigned char[bytes])};
        if (i < all.size()) { all[i] = std::move(made); contents()[i].clear(); }
        else { all.push_back(std::move(made)); contents().push_back(""); }
    }
    for (size_t i = 0; i < all.size(); ++i) {
        std::string wanted = "filled";
        for (const Fill& how : request.fills)
            if (how.target.arena == int(i)) wanted += how.text;
        for (const Pointer& pointer : request.pointers)
            if (pointer.target.arena == int(i) && pointer.target.variable.empty())
                wanted += pointer.text + std::to_string(pointer.to < 0 ? 0 : uintptr_t(all[pointer.to].start));
        if (contents()[i] == wanted) continue;
        contents()[i] = wanted;
        std::memset(all[i].start, 0, all[i].bytes);
        for (const Fill& how : request.fills)
            if (how.target.arena == int(i)) fill(all[i], how);
        for (const Pointer& pointer : request.pointers)
            if (pointer.target.arena == int(i) && pointer.target.variable.empty()) link(all[i], pointer);
        std::memcpy(all[i].before.get(), all[i].start, all[i].bytes);
    }
    return true;
}

[[noreturn]] void run_child(const Request& request, int evidence, int said, int result) {
    setenv("HIPWRIGHT_REPORT", ("/proc/self/fd/" + std::to_string(evidence)).c_str(), 1);
    if (request.unfused) hw::unfuse();
    dup2(said, 1);
    dup2(open("/dev/null", O_WRONLY), 2);
    const struct itimerval limit {{0, 0}, {time_t(request.milliseconds / 1000), suseconds_t(request.milliseconds % 1000 * 1000)}};
    setitimer(ITIMER_PROF, &limit, nullptr);
    alarm(kWallSeconds);
    const hw::Kernel* kernel = hw::find_kernel(nullptr, request.kernel.c_str());
    if (!kernel || kernel->arg_count != request.args.size()) _exit(100);
    std::vector<Memory> variables;
    hw::each_variable([&](const hw::Variable& variable) {
        variables.push_back({variable.name, static_cast<unsigned char*>(variable.address), variable.size, nullptr});
    });
    for (const Fill& how : request.fills)
        if (Memory* memory = how.target.arena < 0 ? find(variables, how.target.variable) : nullptr) fill(*memory, how);
    for (Memory& memory : variables) {
        memory.before.reset(new unsigned char[memory.bytes]);
        std::memcpy(memory.before.get(), memory.start, memory.bytes);
    }
    std::vector<void*> places;
    for (uint32_t i = 0; i < request.args.size(); ++i) {
        const std::vector<unsigned char>& bytes = request.args[i];
        if (bytes.size() != kernel->arg_sizes[i]) _exit(102);
        // Vectors in arguments are read with the alignment of their type.
        void* place = aligned_alloc(64, (bytes.size() + 64) / 64 * 64);
        std::memcpy(place, bytes.data(), bytes.size());
        places.push_back(place);
    }
    for (const Pointer& pointer : request.pointers) {
        if (pointer.target.variable != kArgument) continue;
        const bool null = pointer.to < 0 || size_t(pointer.to) >= arenas().size();
        unsigned char* address = null ? nullptr : arenas()[pointer.to].start + pointer.at;
        std::memcpy(static_cast<unsigned char*>(places[pointer.target.arena]) + pointer.offset, &address, sizeof address);
    }
    const hw::Launch launch{kernel, request.grid, request.block, request.lds, places.data(), request.cooperative};
    const hw::LaunchError outcome = hw::run(launch);
    std::fflush(stdout);
    const struct itimerval none {};
    setitimer(ITIMER_PROF, &none, nullptr);
    if (outcome == hw::LaunchError::fault) _exit(103);
    if (outcome != hw::LaunchError::none) _exit(104);
    FILE* out = fdopen(result, "wb");
    for (const Memory& memory : arenas()) send_changes(out, memory);
    for (const Memory& memory : variables) send_changes(out, memory);
    std::fflush(out);
    _exit(0);
}

std::string content(int file) {
    struct stat status {};
    fstat(file, &status);
    std::string text(size_t(status.st_size), '\0');
    size_t done = 0;
    while (done < text.size()) {
        const ssize_t got = pread(file, &text[done], text.size() - done, off_t(done));
        if (got <= 0) break;
        done += size_t(got);
    }
    return text;
}

const char* ending(int status) {
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGPROF || WTERMSIG(status) == SIGALRM ? "time" : "crash";
    switch (WEXITSTATUS(status)) {
        case 0: return "ended";
        case 100: case 101: case 102: return "refused";
        case 103: return "fault";
        case 104: return "limits";
        case 125: return "unsupported";
        default: return "crash";
    }
}

void answer(FILE* out, const char* how, const std::string& events, const std::string& said, const std::string& changes) {
    std::fprintf(out, "%s %zu %zu %zu\n", how, events.size(), said.size(), changes.size());
    for (const std::string* part : {&events, &said, &changes}) std::fwrite(part->data(), 1, part->size(), out);
    std::fflush(out);
}

void launch(const Request& request, FILE* out) {
    if (!prepare(request)) return answer(out, "refused", "", "", "");
    const int evidence = memfd_create("evidence", 0), said = memfd_create("said", 0), result = memfd_create("result", 0);
    const pid_t child = fork();
    if (child == 0) run_child(request, evidence, said, result);
    int status = 0;
    waitpid(child, &status, 0);
    const char* how = ending(status);
    answer(out, how, content(evidence), content(said), std::strcmp(how, "ended") ? "" : content(result));
    for (int file : {evidence, said, result}) close(file);
}

void describe(FILE* out) {
    std::string text;
    hw::each_kernel([&](const hw::Kernel& kernel) {
        uint64_t lds = 0;
        for (uint32_t i = 0; i < kernel.lds_count; ++i) lds += kernel.lds[i].size;
        text += "kernel " + std::string(kernel.name) + " " + std::to_string(kernel.max_block) + " " + std::to_string(lds);
        for (uint32_t i = 0; i < kernel.arg_count; ++i) text += " " + std::to_string(kernel.arg_sizes[i]);
        text += "\n";
    });
    hw::each_variable([&](const hw::Variable& variable) {
        bool zero = true;
        for (uint64_t i = 0; i < variable.size && zero; ++i) zero = !static_cast<const unsigned char*>(variable.address)[i];
        text += "variable " + std::string(variable.name) + " " + std::to_string(variable.size) + (zero ? " 1\n" : " 0\n");
    });
    answer(out, "ended", "", text, "");
}

Target target_of(const std::string& word) {
    Target target;
    if (word[0] == '@') target.variable = word.substr(1);
    else target.arena = std::atoi(word.c_str());
    return target;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    FILE* in = std::fopen(argv[1], "r");
    FILE* out = std::fopen(argv[2], "r+");
    if (!in || !out) return 3;
    Request request;
    char* text = nullptr;
    size_t room = 0;
    while (getline(&text, &room, in) > 0) {
        std::istringstream words(text);
        std::string what, word;
        words >> what;
        if (what == "quit") break;
        if (what == "describe") describe(out);
        else if (what == "kernel") {
            request = Request();
            Dim &g = request.grid, &b = request.block;
            words >> request.kernel >> g.x >> g.y >> g.z >> b.x >> b.y >> b.z >> request.lds >> request.cooperative >> request.milliseconds;
        } else if (what == "arena") {
            uint64_t bytes = 0;
            words >> bytes;
            request.arenas.push_back(bytes);
        } else if (what == "fill") {
            Fill how;
            words >> word >> how.offset >> how.stride >> how.count >> how.kind >> how.mode >> how.low >> how.high >> how.seed;
            how.target = target_of(word);
            how.text = text;
            request.fills.push_back(how);
        } else if (what == "pointer") {
            Pointer pointer;
            words >> word >> pointer.offset >> pointer.stride >> pointer.count >> pointer.to >> pointer.at >> pointer.step;
            pointer.target = target_of(word);
            pointer.text = text;
            request.pointers.push_back(pointer);
        } else if (what == "argument") {   // bytes in hexadecimal
            words >> word;
            std::vector<unsigned char> bytes;
            for (size_t i = 0; i + 1 < word.size(); i += 2) bytes.push_back(uint8_t(std::strtoul(word.substr(i, 2).c_str(), nullptr, 16)));
            request.args.push_back(bytes);
        } else if (what == "unfused") {
            request.unfused = true;
        } else if (what == "set") {        // a pointer in an argument: argument, offset, arena, offset in it
            Pointer pointer;
            pointer.target.variable = kArgument;
            words >> pointer.target.arena >> pointer.offset >> pointer.to >> pointer.at;
            request.pointers.push_back(pointer);
        } else if (what == "go") launch(request, out);
    }
    return 0;
}
