// Point: shared memory and local variables of each block across grid.sync().
// Rule: a block keeps its shared memory for as long as it runs; another block never sees it.
#include <cooperative_groups.h>
#include "check.h"
namespace cg = cooperative_groups;

__global__ void keep(int* out, int* mail) {
    __shared__ int held[32];
    extern __shared__ int more[];
    cg::grid_group grid = cg::this_grid();
    int t = threadIdx.x, b = blockIdx.x, mine = b * 7 + t;
    held[t] = b * 100 + t;
    more[t] = b * 1000 + t * 3;
    mail[b * 32 + t] = mine;
    grid.sync();
    int next = mail[(b + 1) % gridDim.x * 32 + t];
    grid.sync();
    out[b * 32 + t] = held[31 - t] + more[(t + 1) % 32] + mine * 5 + next;
    if (!grid.is_valid()) out[b * 32 + t] = -1;
}

int main() {
    const int blocks = 6;
    Device<int> out(blocks * 32), mail(blocks * 32);
    void* args[] = {&out.data, &mail.data};
    must(cudaLaunchCooperativeKernel((void*)keep, dim3(blocks), dim3(32), args, 32 * sizeof(int), 0), "cooperative launch");
    std::vector<int> want(blocks * 32);
    for (int b = 0; b < blocks; b++)
        for (int t = 0; t < 32; t++)
            want[b * 32 + t] = (b * 100 + 31 - t) + (b * 1000 + (t + 1) % 32 * 3) + (b * 7 + t) * 5 + ((b + 1) % blocks * 7 + t);
    expect_all("after two meetings", out.read(), want);
    return finish();
}
