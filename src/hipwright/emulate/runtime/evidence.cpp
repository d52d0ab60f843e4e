// Settings from the environment, worker threads, modules, and what the machine reports: faults and events as JSON lines.
#include <algorithm>
#include <cinttypes>
#include <condition_variable>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine_impl.h"

namespace hw {
namespace {

const char* setting(const char* name) {
    const char* text = std::getenv(name);
    return text && *text ? text : nullptr;
}

uint64_t number(const char* name, uint64_t otherwise) {
    const char* text = setting(name);
    return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (unsigned char c : text) {
        if (c == '"' || c == '\\') { out += '\\'; out += char(c); }
        else if (c < 32 || c == 127) { char hex[8]; std::snprintf(hex, sizeof hex, "\\u%04x", c); out += hex; }
        else out += char(c);
    }
    return out + "\"";
}

int report_file() {
    static const int file = [] {
        const char* path = setting("HIPWRIGHT_REPORT");
        return path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
    }();
    return file;
}

// One write per line, so that lines of several threads, or of a program that is killed, stay whole.
void line(const std::string& text) {
    if (report_file() < 0) return;
    std::string whole = text + "\n";
    ssize_t ignored = write(report_file(), whole.data(), whole.size());
    (void)ignored;
}

struct Registered { const Module* module; uint32_t base; };

std::mutex& modules_mutex() { static std::mutex mutex; return mutex; }
std::vector<Registered>& modules() { static auto* list = new std::vector<Registered>; return *list; }

bool any_checked = false, any_relocatable = false;

// $HIPWRIGHT_UNFUSED: "all", or from-to, two numbers of sites between which nothing is fused.
bool unfused(uint32_t site) {
    static const char* text = setting("HIPWRIGHT_UNFUSED");
    if (!text) return false;
    if (!std::strcmp(text, "all")) return true;
    char* end = nullptr;
    const uint64_t from = std::strtoull(text, &end, 10), to = *end == '-' ? std::strtoull(end + 1, nullptr, 10) : from;
    return site >= from && site <= to;
}

const Site* site_of(uint32_t number) {
    if (!number) return nullptr;
    for (const Registered& item : modules())
        if (number >= item.base && number < item.base + item.module->site_count) return &item.module->sites[number - item.base];
    return nullptr;
}

std::mutex& fault_mutex() { static std::mutex mutex; return mutex; }

enum class Grade { suspect, fault, fatal };
thread_local const Kernel* told_of = nullptr;   // while a fault is told that no running kernel makes

void report(const char* kind, uint32_t site, Grade grade, const Site* place, const char* format, va_list args) {
    char message[1024];
    std::vsnprintf(message, sizeof message, format, args);
    const Kernel* kernel = told_of ? told_of : running_kernel();
    const std::string name = kernel ? kernel->name : "";
    if (!place) place = site_of(site);
    std::lock_guard<std::mutex> lock(fault_mutex());
    // The same fault of a thousand lanes is one finding.
    static auto* seen = new std::map<std::string, uint64_t>;
    const std::string key = (grade == Grade::suspect ? "?" : "") + std::string(kind) + "\n" + name + "\n" + std::to_string(site) + (site ? "" : message);
    if ((*seen)[key]++) return;
    if (seen->size() > 1000) return;
    std::string text = "{\"kind\":" + std::string(grade == Grade::suspect ? "\"suspect\"" : "\"fault\"") + ",\"fault\":" + quoted(kind) +
                       ",\"fatal\":" + (grade == Grade::fatal ? "true" : "false");
    if (grade == Grade::suspect) text += ",\"site\":" + std::to_string(site);
    if (place && place->line)
        text += ",\"file\":" + quoted(place->file) + ",\"line\":" + std::to_string(place->line) + ",\"column\":" +
                std::to_string(place->column) + ",\"function\":" + quoted(place->function);
    if (kernel) text += ",\"kernel\":" + quoted(name);
    if (const Lane* lane = hw_self) {
        char where[160];
        std::snprintf(where, sizeof where, ",\"block\":[%u,%u,%u],\"thread\":[%u,%u,%u],\"lane\":%u", lane->block_id.x, lane->block_id.y,
                      lane->block_id.z, lane->thread.x, lane->thread.y, lane->thread.z, lane->lane);
        text += where;
    }
    line(text + ",\"message\":" + quoted(message) + "}");
    if (grade == Grade::suspect) return;
    std::fflush(stdout);
    std::fprintf(stderr, "hipwright: %s%s%s: %s%s%s%s\n", kind, kernel ? " in kernel " : "", name.c_str(), message, place && place->line ? " at " : "",
                 place && place->line ? place->file : "",
                 place && place->line ? (":" + std::to_string(place->line)).c_str() : "");
    // A launch that is good for nothing after its first grave fault need not go on.
    static const bool stop = setting("HIPWRIGHT_STOP");
    static const std::set<std::string> light{"race", "lockstep", "uninitialised", "wrote-nothing"};
    if (stop && grade == Grade::fault && !light.count(kind)) _exit(103);
}

// -- crashes -----------------------------------------------------------------------------------------------------------------

std::atomic<bool> timed_out{false};

void crashed(int signal, siginfo_t* info, void*) {
    if (signal == SIGALRM || (signal == SIGUSR2 && !timed_out)) return;
    const bool timeout = signal == SIGUSR2;
    if (timeout) {
        report_fatal("timeout", running_site(), "the kernel did not end in time");
    } else if (running_kernel()) {
        report_fatal("out-of-bounds", running_site(), "the kernel accessed memory at %p that no allocation holds (the place is the last one where lanes met)",
                     info ? info->si_addr : nullptr);
    } else {
        report_fatal("host-crash", 0, "the host program was ended by signal %d at address %p", signal, info ? info->si_addr : nullptr);
    }
    std::fflush(nullptr);
    _exit(timeout ? 124 : 128 + signal);
}

void watch_signals() {
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction action {};
        action.sa_sigaction = crashed;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGUSR2}) sigaction(signal, &action, nullptr);
    });
    // A lane's stack may be what overflowed.
    static thread_local bool done = false;
    if (done) return;
    done = true;
    constexpr size_t bytes = 256 << 10;
    void* place = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) return;
    stack_t stack{};
    stack.ss_sp = place;
    stack.ss_size = bytes;
    sigaltstack(&stack, nullptr);
}

// -- worker threads ------------------------------------------------------------------------------------------------------------

class Pool {
public:
    void run(uint32_t workers, const std::function<void(uint32_t)>& work) {
        watch_signals();
        while (threads_.size() + 1 < workers) {
            const uint32_t number = uint32_t(threads_.size()) + 1;
            threads_.push_back(start(number));
        }
        {
            std::lock_guard<std::mutex> lock(mutex_);
            work_ = &work;
            wanted_ = workers;
            left_ = workers - 1;
            ++round_;
        }
        begin_.notify_all();
        callers_[0] = pthread_self();
        work(0);
        std::unique_lock<std::mutex> lock(mutex_);
        end_.wait(lock, [&] { return left_ == 0; });
        work_ = nullptr;
    }
    void signal_all() {
        for (const auto& entry : callers_) pthread_kill(entry.second, SIGUSR2);
    }

private:
    pthread_t start(uint32_t number) {
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, 16 << 20);   // the LDS, thread-local, is cut out of it
        auto* task = new std::pair<Pool*, uint32_t>(this, number);
        pthread_t thread;
        pthread_create(&thread, &attributes, [](void* given) -> void* {
            auto* task = static_cast<std::pair<Pool*, uint32_t>*>(given);
            task->first->loop(task->second);
            return nullptr;
        }, task);
        pthread_detach(thread);
        callers_[number] = thread;
        return thread;
    }
    void loop(uint32_t number) {
        watch_signals();
        uint64_t seen = 0;
        for (;;) {
            const std::function<void(uint32_t)>* work = nullptr;
            {
                std::unique_lock<std::mutex> lock(mutex_);
                begin_.wait(lock, [&] { return round_ != seen; });
                seen = round_;
                if (number < wanted_) work = work_;
            }
            if (!work) continue;
            (*work)(number);
            std::lock_guard<std::mutex> lock(mutex_);
            if (--left_ == 0) end_.notify_all();
        }
    }
    std::mutex mutex_;
    std::condition_variable begin_, end_;
    std::vector<pthread_t> threads_;
    std::map<uint32_t, pthread_t> callers_;
    const std::function<void(uint32_t)>* work_ = nullptr;
    uint32_t wanted_ = 0, left_ = 0;
    uint64_t round_ = 0;
};

Pool& pool() { static auto* one = new Pool; return *one; }
std::mutex& launch_mutex() { static std::mutex mutex; return mutex; }

// -- the watchdog -----------------------------------------------------------------------------------------------------------------

struct Watchdog {
    std::mutex mutex;
    std::condition_variable changed;
    uint64_t round = 0;
    bool running = false, started = false;
    void loop() {
        const auto limit = std::chrono::seconds(number("HIPWRIGHT_TIMEOUT", 120));
        std::unique_lock<std::mutex> lock(mutex);
        for (;;) {
            changed.wait(lock, [&] { return running; });
            const uint64_t mine = round;
            if (!changed.wait_for(lock, limit, [&] { return round != mine || !running; })) {
                timed_out = true;
                lock.unlock();
                pool().signal_all();
                std::this_thread::sleep_for(std::chrono::seconds(5));
                _exit(124);
            }
        }
    }
};
Watchdog& watchdog() { static auto* one = new Watchdog; return *one; }

}  // namespace

Order read_order() {
    Order order;
    const char* text = setting("HIPWRIGHT_ORDER");
    if (!text) return order;
    if (!std::strcmp(text, "reverse")) order.kind = Order::reverse;
    if (!std::strncmp(text, "random", 6)) {
        order.kind = Order::random;
        order.seed = text[6] == ':' ? std::strtoull(text + 7, nullptr, 0) : 1;
    }
    return order;
}

int poison_byte() {
    static const int byte = int(number("HIPWRIGHT_POISON", 0xA5) & 0xFF);
    return byte;
}

uint32_t worker_count() {
    static const uint32_t count = uint32_t(std::clamp<uint64_t>(number("HIPWRIGHT_THREADS", std::thread::hardware_concurrency()), 1, 256));
    return count;
}

uint64_t block_at(uint64_t index, uint64_t blocks) {
    static const Order order = read_order();
    if (order.kind == Order::reverse) return blocks - 1 - index;
    // A step without a common divisor visits each block once.
    if (order.kind == Order::random) {
        uint64_t step = (order.seed * 2654435761u) % blocks | 1;
        const auto gcd = [](uint64_t a, uint64_t b) { while (b) { const uint64_t t = a % b; a = b; b = t; } return a; };
        while (gcd(step, blocks) != 1) step += 2;
        return uint64_t((__uint128_t(index) * step + order.seed) % blocks);
    }
    return index;
}

void parallel(uint32_t workers, const std::function<void(uint32_t)>& work) {
    std::lock_guard<std::mutex> lock(launch_mutex());
    pool().run(workers, work);
}

Watch::Watch(const Kernel&, std::atomic<bool>&) {
    Watchdog& dog = watchdog();
    std::lock_guard<std::mutex> lock(dog.mutex);
    ++dog.round;
    dog.running = true;
    if (!dog.started) {
        dog.started = true;
        std::thread([&dog] { dog.loop(); }).detach();
    }
    dog.changed.notify_all();
}

Watch::~Watch() {
    Watchdog& dog = watchdog();
    std::lock_guard<std::mutex> lock(dog.mutex);
    ++dog.round;
    dog.running = false;
    dog.changed.notify_all();
}

std::string place_text(uint32_t site) {
    const Site* place = site_of(site);
    if (!place || !place->line) return "a place without a line";
    return std::string(place->file) + ":" + std::to_string(place->line);
}

void fault(const char* kind, uint32_t site, const char* format, ...) {
    va_list args;
    va_start(args, format);
    report(kind, site, Grade::fault, nullptr, format, args);
    va_end(args);
}

void report_fatal(const char* kind, uint32_t site, const char* format, ...) {
    va_list args;
    va_start(args, format);
    report(kind, site, Grade::fatal, nullptr, format, args);
    va_end(args);
}

void fatal(const char* kind, uint32_t site, const char* format, ...) {
    va_list args;
    va_start(args, format);
    report(kind, site, Grade::fatal, nullptr, format, args);
    va_end(args);
    abandon();
}

void fatal_at(const char* kind, const char* file, uint32_t number, const char* format, ...) {
    const Site place{file, number, 0, ""};
    va_list args;
    va_start(args, format);
    report(kind, 0, Grade::fatal, &place, format, args);
    va_end(args);
    abandon();
}

void fault_in(const char* kind, const Kernel& kernel, const char* format, ...) {
    told_of = &kernel;
    va_list args;
    va_start(args, format);
    report(kind, site_of_kernel(kernel), Grade::fault, nullptr, format, args);
    va_end(args);
    told_of = nullptr;
}

void suspect(const char* kind, uint32_t site, const char* format, ...) {
    va_list args;
    va_start(args, format);
    report(kind, site, Grade::suspect, nullptr, format, args);
    va_end(args);
}

void event(const char* kind, const char* json_fields) {
    line("{\"kind\":" + quoted(kind) + (json_fields && *json_fields ? "," : "") + (json_fields ? json_fields : "") + "}");
}

bool checked() { return any_checked; }

void tell_sites() {
    static std::once_flag once;
    std::call_once(once, [] {
        uint32_t count = 0;
        for (const Registered& item : modules()) count = std::max(count, item.base + item.module->site_count);
        event("sites", ("\"count\":" + std::to_string(count)).c_str());
        const char* text = setting("HIPWRIGHT_UNFUSED");
        const Site* one = text && std::strchr(text, '-') ? site_of(uint32_t(std::strtoull(text, nullptr, 10))) : nullptr;
        if (one && std::strtoull(text, nullptr, 10) == std::strtoull(std::strchr(text, '-') + 1, nullptr, 10))
            event("unfused", ("\"file\":" + quoted(one->file) + ",\"line\":" + std::to_string(one->line) + ",\"function\":" + quoted(one->function)).c_str());
    });
}
void unfuse() {
    for (const Registered& item : modules())
        if (item.module->unfused) std::memset(item.module->unfused, 1, item.module->site_count);
}
bool several_units() { return any_relocatable; }

namespace {

// Objects of the device code by address. Modules register themselves before main, so the list is made once.
const std::vector<const Variable*>& variables() {
    static const auto* sorted = [] {
        auto* all = new std::vector<const Variable*>;
        for (const Registered& item : modules())
            for (uint32_t i = 0; i < item.module->variable_count; ++i) all->push_back(&item.module->variables[i]);
        std::sort(all->begin(), all->end(), [](const Variable* a, const Variable* b) { return a->address < b->address; });
        return all;
    }();
    return *sorted;
}

std::vector<std::pair<const unsigned char*, size_t>>& machine_pieces() {
    static auto* all = new std::vector<std::pair<const unsigned char*, size_t>>;
    return *all;
}

}  // namespace

const Variable* variable_before(const void* pointer) {
    const auto& all = variables();
    const auto next = std::upper_bound(all.begin(), all.end(), pointer, [](const void* p, const Variable* v) { return p < v->address; });
    return next == all.begin() ? nullptr : *std::prev(next);
}

const Variable* variable_at(const void* pointer) {
    const Variable* variable = variable_before(pointer);
    return variable && static_cast<const char*>(pointer) < static_cast<const char*>(variable->address) + variable->size ? variable : nullptr;
}

void machine_memory(const void* start, size_t bytes) {
    std::lock_guard<std::mutex> lock(fault_mutex());
    machine_pieces().emplace_back(static_cast<const unsigned char*>(start), bytes);
}

bool is_machine_memory(const void* pointer) {
    std::lock_guard<std::mutex> lock(fault_mutex());
    for (const auto& [start, bytes] : machine_pieces())
        if (pointer >= start && pointer < start + bytes) return true;
    return false;
}

uint32_t site_of_kernel(const Kernel& kernel) {
    for (const Registered& item : modules())
        if (&kernel >= item.module->kernels && &kernel < item.module->kernels + item.module->kernel_count) return item.base + kernel.site;
    return 0;
}

const Module* find_module(const char* id) {
    std::lock_guard<std::mutex> lock(modules_mutex());
    for (const Registered& item : modules())
        if (!std::strcmp(item.module->id, id)) return item.module;
    return nullptr;
}

const Kernel* find_kernel(const Module* module, const char* name) {
    std::lock_guard<std::mutex> lock(modules_mutex());
    for (const Registered& item : modules()) {
        if (module && item.module != module) continue;
        for (uint32_t i = 0; i < item.module->kernel_count; ++i)
            if (!std::strcmp(item.module->kernels[i].name, name)) return &item.module->kernels[i];
    }
    return nullptr;
}

const Variable* find_variable(const Module* module, const char* name) {
    std::lock_guard<std::mutex> lock(modules_mutex());
    for (const Registered& item : modules()) {
        if (module && item.module != module) continue;
        for (uint32_t i = 0; i < item.module->variable_count; ++i)
            if (item.module->variables[i].kind != 2 && !std::strcmp(item.module->variables[i].name, name)) return &item.module->variables[i];
    }
    return nullptr;
}

void each_kernel(const std::function<void(const Kernel&)>& visit) {
    for (const Registered& item : modules())
        for (uint32_t i = 0; i < item.module->kernel_count; ++i) visit(item.module->kernels[i]);
}

void each_variable(const std::function<void(const Variable&)>& visit) {
    for (const Registered& item : modules())
        for (uint32_t i = 0; i < item.module->variable_count; ++i) visit(item.module->variables[i]);
}

}  // namespace hw

extern "C" {

void hw_register_module(const hw::Module* module) {
    std::lock_guard<std::mutex> lock(hw::modules_mutex());
    static uint32_t next = 1;   // site 0 is no place
    *module->site_base = next;
    hw::modules().push_back({module, next});
    hw::any_checked |= module->checked != 0;
    hw::any_relocatable |= module->relocatable != 0;
    for (uint32_t i = 0; i < module->site_count && module->unfused; ++i) module->unfused[i] = hw::unfused(next + i);
    next += module->site_count + 1;
}

void hw_unsupported(const char* symbol) {
    hw::event("unsupported", ("\"symbol\":" + hw::quoted(symbol)).c_str());
    std::fflush(stdout);
    std::fprintf(stderr, "hipwright: unsupported: %s\n", symbol);
    if (hw::running_kernel()) hw::fatal("unsupported", hw::running_site(), "unsupported: %s", symbol);
    _exit(125);
}
}
