// What machine.cpp needs of its neighbours: settings, evidence, worker threads, the watchdog.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "machine.h"

namespace hw {

struct Order {
    enum Kind { forward, reverse, random } kind = forward;
    uint64_t seed = 0;
};
Order read_order();                      // $HIPWRIGHT_ORDER
int poison_byte();                       // $HIPWRIGHT_POISON
uint32_t worker_count();                 // $HIPWRIGHT_THREADS, or all cores
uint64_t block_at(uint64_t index, uint64_t blocks);   // which block comes at this position of the order

void parallel(uint32_t workers, const std::function<void(uint32_t)>& work);

// Ends a kernel that runs too long: by its lanes' next meeting or yield, else the whole program.
class Watch {
public:
    Watch(const Kernel&, std::atomic<bool>& stop);
    ~Watch();
};

std::string place_text(uint32_t site);   // "file:line"
const Kernel* running_kernel();
uint32_t running_site();
[[noreturn]] void abandon();             // ends the running kernel; its lanes never run again
void report_fatal(const char* kind, uint32_t site, const char* format, ...) __attribute__((format(printf, 3, 4)));

// What the checked build (check.cpp) asks the machine, and what it is told.
bool on_lane_stack(const void*);                     // a private variable of a lane, or an argument of the kernel
const Launch* running_launch();
uint64_t last_meeting(uint32_t linear);              // of a lane of the running block
bool checked();                                      // some module of the program is of the checked build
void tell_sites();                                   // how many there are; and the one that $HIPWRIGHT_UNFUSED names
bool several_units();                                // device code of several units is linked
const Variable* variable_at(const void*);            // of the device code, its own tables included
const Variable* variable_before(const void*);
bool is_machine_memory(const void*);                 // the packet and the implicit arguments of a launch
void machine_memory(const void* start, size_t bytes);
uint32_t site_of_kernel(const Kernel&);
void check_meeting(Lane* const* lanes, uint32_t count);   // lanes of a wavefront have met
void check_launch();
uint64_t check_launch_end();                         // how often the launch wrote memory
void check_block(uint64_t linear);                   // a block begins or goes on
bool check_overran();
void check_block_end(uint64_t linear);
void check_barrier();
void check_grid();                                   // all blocks have met
void check_freed(const void* start);
void synchronised(bool observed);                    // the running lane made an access that may order others, and saw theirs
void fenced(bool device);                            // it made a fence, for its block or for all of the device

bool run_lanes_plain(const Launch&, const uint32_t* order, uint32_t count, bool straight,
                     const std::function<void(uint32_t)>& place);

}  // namespace hw
