// AMD's intrinsics about the machine itself (llvm.amdgcn.*): where a lane stands, the packet and arguments of its launch,
// pointers, clocks, hardware registers, and instructions that only guide the schedule.
#include "device.h"
#include "../machine_impl.h"

#include <string>

#include <time.h>
#include <x86intrin.h>

using namespace hw;

namespace {

// The AQL packet of a launch and the implicit arguments behind a kernel's own, as the code object's layout (version 5) has
// them; fields that device code has no use for are left out.
struct Packet {
    uint16_t header, setup, group[3], reserved;
    uint32_t grid[3], private_bytes, group_bytes;
    uint64_t kernel_object, kernarg, reserved2, completion;
};
static_assert(offsetof(Packet, group) == 4 && offsetof(Packet, grid) == 12);

struct Implicit {
    uint32_t groups[3];
    uint16_t group_size[3], remainder[3];
    unsigned char reserved[16];
    uint64_t global_offset[3];
    uint16_t dimensions;
    unsigned char rest[190];
};
static_assert(offsetof(Implicit, group_size) == 12 && offsetof(Implicit, global_offset) == 40 &&
              offsetof(Implicit, dimensions) == 64 && sizeof(Implicit) == 256);

uint16_t dimensions() { return hw_self->grid_dim.z * hw_self->block_dim.z > 1 ? 3 : hw_self->grid_dim.y * hw_self->block_dim.y > 1 ? 2 : 1; }

}  // namespace

extern "C" {

uint32_t hw_amdgcn_workitem_id_x() { return hw_self->thread.x; }
uint32_t hw_amdgcn_workitem_id_y() { return hw_self->thread.y; }
uint32_t hw_amdgcn_workitem_id_z() { return hw_self->thread.z; }
uint32_t hw_amdgcn_workgroup_id_x() { return hw_self->block_id.x; }
uint32_t hw_amdgcn_workgroup_id_y() { return hw_self->block_id.y; }
uint32_t hw_amdgcn_workgroup_id_z() { return hw_self->block_id.z; }
uint32_t hw_amdgcn_wavefrontsize() { return hw_target.wave; }
uint32_t hw_amdgcn_wave_id() { return hw_self->linear / hw_target.wave; }

uint32_t hw_amdgcn_mbcnt_lo(uint32_t mask, uint32_t base) {
    const uint32_t i = lane();
    return base + static_cast<uint32_t>(__builtin_popcount(i < 32 ? mask & ((1u << i) - 1) : mask));
}
uint32_t hw_amdgcn_mbcnt_hi(uint32_t mask, uint32_t base) {
    const uint32_t i = lane();
    return base + (i > 32 ? static_cast<uint32_t>(__builtin_popcount(mask & ((1u << (i - 32)) - 1))) : 0);
}

const void* hw_amdgcn_dispatch_ptr() {
    static thread_local Packet packet;
    static thread_local bool known = (machine_memory(&packet, sizeof packet), true);
    (void)known;
    const Dim &block = hw_self->block_dim, &grid = hw_self->grid_dim;
    packet = {};
    packet.setup = dimensions();
    packet.group[0] = uint16_t(block.x), packet.group[1] = uint16_t(block.y), packet.group[2] = uint16_t(block.z);
    packet.grid[0] = grid.x * block.x, packet.grid[1] = grid.y * block.y, packet.grid[2] = grid.z * block.z;
    return &packet;
}
const void* hw_amdgcn_implicitarg_ptr() {
    static thread_local Implicit implicit;
    static thread_local bool known = (machine_memory(&implicit, sizeof implicit), true);
    (void)known;
    const Dim &block = hw_self->block_dim, &grid = hw_self->grid_dim;
    implicit = {};
    implicit.groups[0] = grid.x, implicit.groups[1] = grid.y, implicit.groups[2] = grid.z;
    implicit.group_size[0] = uint16_t(block.x), implicit.group_size[1] = uint16_t(block.y);
    implicit.group_size[2] = uint16_t(block.z);
    implicit.dimensions = dimensions();
    return &implicit;
}

bool hw_amdgcn_is_shared(const void* pointer) {
    const auto* byte = static_cast<const unsigned char*>(pointer);
    return byte >= hw_lds && byte < hw_lds + kLdsBytes;
}
// A lane's own objects lie above its present frame, within its stack; allocations of the device may lie there too.
bool hw_amdgcn_is_private(const void* pointer) {
    constexpr uintptr_t kReach = 256 << 10;
    const auto frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0)), place = reinterpret_cast<uintptr_t>(pointer);
    void* start;
    size_t bytes;
    return place >= frame && place < frame + kReach && !hw_amdgcn_is_shared(pointer) && !find_allocation(pointer, &start, &bytes);
}

uint64_t hw_amdgcn_s_memtime() { return __rdtsc(); }
uint64_t hw_amdgcn_s_memrealtime() {   // 100 MHz
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 100000000 + static_cast<uint64_t>(now.tv_nsec) / 10;
}
__attribute__((weak)) uint64_t hw_readcyclecounter() { return __rdtsc(); }
__attribute__((weak)) uint64_t hw_readsteadycounter() { return hw_amdgcn_s_memrealtime(); }

// Which compute unit a wavefront runs on: there is one here. The mode register has what a HIP kernel starts with.
uint32_t hw_amdgcn_s_getreg(uint32_t what) {
    const uint32_t number = what & 63, from = what >> 6 & 31, bits = (what >> 11 & 31) + 1;
    uint32_t value = 0;
    switch (number) {
        case 1: value = 0x2f0; break;                                                  // denormals kept, IEEE
        case 4: case 20: case 23: case 24: break;                                      // HW_ID, XCC_ID, HW_ID1, HW_ID2
        case 29: value = static_cast<uint32_t>(__rdtsc()) & 0xfffff; break;            // SHADER_CYCLES
        default: hw_unsupported(("llvm.amdgcn.s.getreg of hardware register " + std::to_string(number)).c_str());
    }
    return value >> from & (bits == 32 ? ~0u : (1u << bits) - 1);
}

// Waiting for memory, priorities and hints for the scheduler: memory is in order here and each lane runs as it can.
void hw_amdgcn_s_waitcnt(uint32_t) {}
void hw_amdgcn_s_wait_event_export_ready() {}
void hw_amdgcn_s_setprio(uint32_t) {}
void hw_amdgcn_s_nop(uint32_t) {}
void hw_amdgcn_s_decperflevel(uint32_t) {}
void hw_amdgcn_s_incperflevel(uint32_t) {}
void hw_amdgcn_s_dcache_inv() {}
void hw_amdgcn_s_dcache_wb() {}
void hw_amdgcn_buffer_wbinvl1() {}
void hw_amdgcn_buffer_wbinvl1_vol() {}
void hw_amdgcn_sched_barrier(uint32_t) {}
void hw_amdgcn_sched_group_barrier(uint32_t, uint32_t, uint32_t) {}
void hw_amdgcn_iglp_opt(uint32_t) {}

}  // extern "C"
