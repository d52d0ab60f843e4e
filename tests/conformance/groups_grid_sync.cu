// Point: a cooperative launch whose blocks meet at grid.sync() several times.
// Rule: no thread of the grid passes before all have arrived; writes before it are seen after it.
#include <cooperative_groups.h>
#include "check.h"
namespace cg = cooperative_groups;

__global__ void rounds(int* a, int* b, int count) {
    cg::grid_group grid = cg::this_grid();
    int i = int(grid.thread_rank());
    for (int round = 0; round < 4; round++) {
        b[i] = a[(i + 37) % count] + 1;
        grid.sync();
        a[i] = b[(i + 11) % count] * 2;
        grid.sync();
    }
}

int main() {
    const int blocks = 4, threads = 64;
    int count = blocks * threads;
    std::vector<int> x(count), y(count);
    for (int i = 0; i < count; i++) x[i] = i % 13;
    Device<int> a(x), b(count);
    void* args[] = {&a.data, &b.data, &count};
    must(cudaLaunchCooperativeKernel((void*)rounds, dim3(blocks), dim3(threads), args, 0, 0), "cooperative launch");
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < count; i++) y[i] = x[(i + 37) % count] + 1;
        for (int i = 0; i < count; i++) x[i] = y[(i + 11) % count] * 2;
    }
    expect_all("after four rounds", a.read(), x);
    return finish();
}
