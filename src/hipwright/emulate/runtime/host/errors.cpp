// Error state as both APIs document it: the last error is per host thread and reading it resets it; what a faulting
// kernel leaves behind is sticky and fails all later calls of every thread until the device is reset.
#include "core.h"

#include <atomic>

namespace hw::host {

static thread_local Error last = Ok;
static std::atomic<int> sticky{Ok};

Error note(Error error) {
    Error lasting = broken();
    if (lasting) error = lasting;
    // A query that finds work unfinished has not failed.
    if (error && error != NotReady) last = error;
    return error;
}

Error last_error(bool reset) {
    if (Error lasting = broken()) return lasting;
    Error error = last;
    if (reset) last = Ok;
    return error;
}

Error broken() { return Error(sticky.load(std::memory_order_relaxed)); }

void break_device(Error error) {
    int none = Ok;
    sticky.compare_exchange_strong(none, error);
    last = error;
}

void mend_device() {
    sticky = Ok;
    last = Ok;
}

std::recursive_mutex& table_lock() {
    // Never destroyed: destructors of the program's own statics call the API.
    static auto* lock = new std::recursive_mutex;
    return *lock;
}

}  // namespace hw::host
