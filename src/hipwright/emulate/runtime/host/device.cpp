// The emulated devices: published facts of one product per target, and which device a thread uses.
#include "core.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>

namespace hw::host {
namespace {

constexpr uint64_t GiB = 1ull << 30, MiB = 1ull << 20;

// From the vendors' product pages and instruction set manuals. HIP counts an RDNA work-group processor (two compute units)
// as one multiprocessor. Lanes per processor: 4 SIMDs x waves x wave size.
constexpr DeviceFacts kFacts[] = {
    // arch, product, major, minor, processors, lanes, blocks, clock, memory clock, bus, L2, memory, LDS, LDS opt-in, registers
    {"sm_80", "NVIDIA A100-SXM4-40GB", 8, 0, 108, 2048, 32, 1410000, 1215000, 5120, 40 * MiB, 40 * GiB, 167936, 166912, 65536},
    {"gfx900", "AMD Radeon Instinct MI25", 9, 0, 64, 2560, 40, 1500000, 945000, 2048, 4 * MiB, 16 * GiB, 65536, 65536, 65536},
    {"gfx906", "AMD Instinct MI50", 9, 0, 60, 2560, 40, 1725000, 1000000, 4096, 4 * MiB, 16 * GiB, 65536, 65536, 65536},
    {"gfx908", "AMD Instinct MI100", 9, 0, 120, 2560, 40, 1502000, 1200000, 4096, 8 * MiB, 32 * GiB, 65536, 65536, 65536},
    {"gfx90a", "AMD Instinct MI250X", 9, 0, 110, 2048, 32, 1700000, 1600000, 4096, 8 * MiB, 64 * GiB, 65536, 65536, 65536},
    {"gfx942", "AMD Instinct MI300X", 9, 4, 304, 2048, 32, 2100000, 1300000, 8192, 4 * MiB, 192 * GiB, 65536, 65536, 65536},
    {"gfx950", "AMD Instinct MI355X", 9, 5, 256, 2048, 32, 2400000, 2000000, 8192, 4 * MiB, 288 * GiB, 163840, 163840, 65536},
    {"gfx1030", "AMD Radeon RX 6900 XT", 10, 3, 40, 2048, 64, 2250000, 1000000, 256, 4 * MiB, 16 * GiB, 131072, 65536, 65536},
    {"gfx1100", "AMD Radeon RX 7900 XTX", 11, 0, 48, 2048, 64, 2499000, 1249000, 384, 6 * MiB, 24 * GiB, 131072, 65536, 65536},
    {"gfx1151", "AMD Radeon 8060S", 11, 5, 20, 2048, 64, 2900000, 1000000, 256, 2 * MiB, 64 * GiB, 131072, 65536, 65536},
    {"gfx1200", "AMD Radeon RX 9060 XT", 12, 0, 16, 2048, 64, 3130000, 1258000, 128, 4 * MiB, 16 * GiB, 131072, 65536, 65536},
    {"gfx1201", "AMD Radeon RX 9070 XT", 12, 0, 32, 2048, 64, 2970000, 1258000, 256, 8 * MiB, 16 * GiB, 131072, 65536, 65536},
};

thread_local int selected = 0;

std::set<std::pair<int, int>>& peers() {
    static auto* it = new std::set<std::pair<int, int>>;
    return *it;
}

}  // namespace

const DeviceFacts& facts() {
    static const DeviceFacts found = [] {
        for (DeviceFacts it : kFacts) {
            if (std::strcmp(it.arch, hw_target.name)) continue;
            // Programs choose their grids by it: a comparison of two targets wants the same number on both.
            if (const char* text = std::getenv("HIPWRIGHT_PROCESSORS"); text && std::atoi(text) > 0) it.processors = std::atoi(text);
            return it;
        }
        hw_unsupported((std::string("properties of ") + hw_target.name).c_str());
    }();
    return found;
}

int device_count() {
    static const int count = [] {
        const char* text = std::getenv("HIPWRIGHT_DEVICES");
        return text ? std::max(0, std::min(64, std::atoi(text))) : 1;
    }();
    return count;
}

bool valid_device(int device) { return device >= 0 && device < device_count(); }

Error select_device(int device) {
    if (!valid_device(device)) return device_count() ? InvalidDevice : NoDevice;
    selected = device;
    return Ok;
}

int current_device() { return selected; }

uint64_t total_memory() {
    // Half of the machine's memory: the program's own data lives there too.
    static const uint64_t machine = uint64_t(sysconf(_SC_PHYS_PAGES)) * uint64_t(sysconf(_SC_PAGESIZE)) / 2;
    return std::min(facts().memory_bytes, machine);
}

bool can_access_peer(int device, int peer) { return valid_device(device) && valid_device(peer) && device != peer; }

Error enable_peer(int peer) {
    if (!can_access_peer(current_device(), peer)) return InvalidDevice;
    Locked locked(table_lock());
    return peers().insert({current_device(), peer}).second ? Ok : PeerAccessAlreadyEnabled;
}

Error disable_peer(int peer) {
    if (!valid_device(peer)) return InvalidDevice;
    Locked locked(table_lock());
    return peers().erase({current_device(), peer}) ? Ok : PeerAccessNotEnabled;
}

void reset_device() {
    release_all(current_device());
    mend_device();
}

}  // namespace hw::host
