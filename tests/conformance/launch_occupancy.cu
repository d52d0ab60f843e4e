// Point: the occupancy queries give usable answers.
// Rule: at least one block fits; the suggested block size is launchable.
#include "check.h"

__global__ void work(int* out) { atomicAdd(out, 1); }

int main() {
    int blocks = 0, grid = 0, threads = 0;
    must(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, work, 128, 0));
    expect("fits", blocks >= 1, true);
    must(cudaOccupancyMaxPotentialBlockSize(&grid, &threads, work, 0, 0));
    expect("sane", grid >= 1 && threads >= 32 && threads <= 1024, true);
    Device<int> out(1);
    work<<<2, threads>>>(out);
    expect("all ran", out.read()[0] == 2 * threads, true);
    return finish();
}
