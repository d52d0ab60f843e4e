// OpenMP in a program's host code, with teams of one thread: what the standard lets any implementation do, and what
// keeps a run the same from one time to the next. The entry points are those that clang calls; gcc's are others.
#include <chrono>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace {

constexpr int kArguments = 48;   // pointers that a parallel region captures

// A program's own threads may meet in a critical section; a team's never do.
std::recursive_mutex& critical() {
    static auto* one = new std::recursive_mutex;
    return *one;
}

thread_local int level = 0;      // parallel regions around the running code
thread_local bool pending = false;   // a dynamic loop whose iterations have not been handed out

struct Loop { int64_t lower, upper, step; };
thread_local Loop loop;

template <class T>
void static_init(int32_t* last, T* lower, T* upper, T* stride, T step) {
    const bool empty = step > 0 ? *upper < *lower : *lower < *upper;
    *last = !empty;
    *stride = empty ? step : step > 0 ? *upper - *lower + 1 : -(*lower - *upper + 1);
}

template <class T>
int dispatch_next(int32_t* last, T* lower, T* upper, T* step) {
    if (!pending) return 0;
    pending = false;
    *lower = T(loop.lower);
    *upper = T(loop.upper);
    *step = T(loop.step);
    if (last) *last = 1;
    return loop.step > 0 ? *lower <= *upper : *lower >= *upper;
}

template <class T>
void dispatch_init(T lower, T upper, T step) {
    loop = {int64_t(lower), int64_t(upper), int64_t(step)};
    pending = true;
}

struct Task {
    void* shareds;
    int32_t (*routine)(int32_t, Task*);
    int32_t part;
    void* more[2];
};

void run_task(Task* task) {
    task->routine(0, task);
    std::free(task);
}

template <class Call>
void region(Call call) {
    ++level;
    call();
    --level;
}

}  // namespace

extern "C" {

using Body = void (*)(int32_t*, int32_t*, ...);

void __kmpc_fork_call(void*, int32_t count, Body body, ...) {
    if (count > kArguments) {
        std::fprintf(stderr, "hipwright: a parallel region captures %d variables, %d are supported\n", count, kArguments);
        std::abort();
    }
    void* a[kArguments] = {};
    va_list rest;
    va_start(rest, body);
    for (int i = 0; i < count; ++i) a[i] = va_arg(rest, void*);
    va_end(rest);
    int32_t thread = 0, bound = 0;
    // A function that takes fewer arguments does not look at the rest.
    using Plain = void (*)(int32_t*, int32_t*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*,
                           void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*,
                           void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*,
                           void*, void*, void*, void*, void*, void*);
    region([&] {
        reinterpret_cast<Plain>(body)(&thread, &bound, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11],
                                      a[12], a[13], a[14], a[15], a[16], a[17], a[18], a[19], a[20], a[21], a[22], a[23], a[24],
                                      a[25], a[26], a[27], a[28], a[29], a[30], a[31], a[32], a[33], a[34], a[35], a[36], a[37],
                                      a[38], a[39], a[40], a[41], a[42], a[43], a[44], a[45], a[46], a[47]);
    });
}

int32_t __kmpc_global_thread_num(void*) { return 0; }
void __kmpc_push_num_threads(void*, int32_t, int32_t) {}
void __kmpc_push_proc_bind(void*, int32_t, int) {}
void __kmpc_serialized_parallel(void*, int32_t) { ++level; }
void __kmpc_end_serialized_parallel(void*, int32_t) { --level; }

#define HW_LOOP(suffix, type, step_type)                                                                                \
    void __kmpc_for_static_init_##suffix(void*, int32_t, int32_t, int32_t* last, type* lower, type* upper,              \
                                         step_type* stride, step_type step, step_type) {                                \
        static_init<step_type>(last, reinterpret_cast<step_type*>(lower), reinterpret_cast<step_type*>(upper), stride, step); \
    }                                                                                                                   \
    void __kmpc_dispatch_init_##suffix(void*, int32_t, int32_t, type lower, type upper, step_type step, step_type) {    \
        dispatch_init<type>(lower, upper, type(step));                                                                  \
        loop.step = step;                                                                                               \
    }                                                                                                                   \
    int __kmpc_dispatch_next_##suffix(void*, int32_t, int32_t* last, type* lower, type* upper, step_type* step) {       \
        step_type given = 0;                                                                                            \
        type as_type = 0;                                                                                               \
        const int more = dispatch_next<type>(last, lower, upper, &as_type);                                             \
        given = step_type(loop.step);                                                                                   \
        *step = given;                                                                                                  \
        return more;                                                                                                    \
    }                                                                                                                   \
    void __kmpc_dispatch_fini_##suffix(void*, int32_t) {}
HW_LOOP(4, int32_t, int32_t)
HW_LOOP(4u, uint32_t, int32_t)
HW_LOOP(8, int64_t, int64_t)
HW_LOOP(8u, uint64_t, int64_t)
#undef HW_LOOP
void __kmpc_for_static_fini(void*, int32_t) {}
void __kmpc_dispatch_deinit(void*, int32_t) {}

void __kmpc_barrier(void*, int32_t) {}
int32_t __kmpc_cancel_barrier(void*, int32_t) { return 0; }
int32_t __kmpc_cancel(void*, int32_t, int32_t) { return 0; }
int32_t __kmpc_cancellationpoint(void*, int32_t, int32_t) { return 0; }
void __kmpc_flush(void*) {}
void __kmpc_critical(void*, int32_t, void*) { critical().lock(); }
void __kmpc_critical_with_hint(void*, int32_t, void*, uint32_t) { critical().lock(); }
void __kmpc_end_critical(void*, int32_t, void*) { critical().unlock(); }
void __kmpc_ordered(void*, int32_t) {}
void __kmpc_end_ordered(void*, int32_t) {}
int32_t __kmpc_master(void*, int32_t) { return 1; }
void __kmpc_end_master(void*, int32_t) {}
int32_t __kmpc_masked(void*, int32_t, int32_t wanted) { return wanted == 0; }
void __kmpc_end_masked(void*, int32_t) {}
int32_t __kmpc_single(void*, int32_t) { return 1; }
void __kmpc_end_single(void*, int32_t) {}
void __kmpc_copyprivate(void*, int32_t, size_t, void*, void (*)(void*, void*), int32_t) {}
// 1: the calling thread is the last one; its partial results are added to the variables.
int32_t __kmpc_reduce(void*, int32_t, int32_t, size_t, void*, void (*)(void*, void*), void*) { return 1; }
int32_t __kmpc_reduce_nowait(void*, int32_t, int32_t, size_t, void*, void (*)(void*, void*), void*) { return 1; }
void __kmpc_end_reduce(void*, int32_t, void*) {}
void __kmpc_end_reduce_nowait(void*, int32_t, void*) {}
void* __kmpc_threadprivate_cached(void*, int32_t, void* data, size_t, void***) { return data; }

// A task runs where it is met, which any schedule of one thread may do.
void* __kmpc_omp_task_alloc(void*, int32_t, int32_t, size_t bytes, size_t shared, int32_t (*routine)(int32_t, Task*)) {
    const size_t rounded = (bytes + 15) / 16 * 16;
    auto* memory = static_cast<unsigned char*>(std::calloc(1, rounded + shared));
    auto* task = reinterpret_cast<Task*>(memory);
    task->shareds = shared ? memory + rounded : nullptr;
    task->routine = routine;
    return task;
}
int32_t __kmpc_omp_task(void*, int32_t, Task* task) {
    run_task(task);
    return 0;
}
int32_t __kmpc_omp_task_with_deps(void*, int32_t, Task* task, int32_t, void*, int32_t, void*) {
    run_task(task);
    return 0;
}
void __kmpc_omp_task_begin_if0(void*, int32_t, Task*) {}
void __kmpc_omp_task_complete_if0(void*, int32_t, Task* task) { std::free(task); }
void __kmpc_omp_wait_deps(void*, int32_t, int32_t, void*, int32_t, void*) {}
int32_t __kmpc_omp_taskwait(void*, int32_t) { return 0; }
int32_t __kmpc_omp_taskyield(void*, int32_t, int) { return 0; }
void __kmpc_taskgroup(void*, int32_t) {}
void __kmpc_end_taskgroup(void*, int32_t) {}

void omp_set_num_threads(int) {}
int omp_get_num_threads() { return 1; }
int omp_get_max_threads() { return 1; }
int omp_get_thread_num() { return 0; }
int omp_get_num_procs() { return 1; }
int omp_get_thread_limit() { return 1; }
int omp_in_parallel() { return 0; }   // whether a team of more than one thread runs
int omp_get_level() { return level; }
int omp_get_active_level() { return 0; }
int omp_get_ancestor_thread_num(int at) { return at < 0 || at > level ? -1 : 0; }
int omp_get_team_size(int at) { return at < 0 || at > level ? -1 : 1; }
void omp_set_dynamic(int) {}
int omp_get_dynamic() { return 1; }   // teams may be smaller than asked for
void omp_set_nested(int) {}
int omp_get_nested() { return 0; }
void omp_set_max_active_levels(int) {}
int omp_get_max_active_levels() { return 1; }
void omp_set_schedule(int, int) {}
void omp_get_schedule(int* kind, int* chunk) { *kind = 1, *chunk = 0; }
int omp_get_num_devices() { return 0; }
int omp_get_default_device() { return 0; }
void omp_set_default_device(int) {}
int omp_get_initial_device() { return 0; }
int omp_is_initial_device() { return 1; }
int omp_get_num_teams() { return 1; }
int omp_get_team_num() { return 0; }

void omp_init_lock(int* lock) { *lock = 0; }
void omp_destroy_lock(int*) {}
void omp_set_lock(int* lock) { critical().lock(), *lock = 1; }
void omp_unset_lock(int* lock) { *lock = 0, critical().unlock(); }
int omp_test_lock(int* lock) { return *lock ? 0 : (critical().lock(), *lock = 1); }
void omp_init_nest_lock(int* lock) { *lock = 0; }
void omp_destroy_nest_lock(int*) {}
void omp_set_nest_lock(int* lock) { critical().lock(), ++*lock; }
void omp_unset_nest_lock(int* lock) { --*lock, critical().unlock(); }
int omp_test_nest_lock(int* lock) { return critical().lock(), ++*lock; }

double omp_get_wtime() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
double omp_get_wtick() { return 1e-9; }

}  // extern "C"
