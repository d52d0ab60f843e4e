// Point: one-, two- and three-dimensional grids and blocks; every thread runs once.
// Rule: indices run from 0 below the dimension in each direction, x fastest in the linear numbers.
#include "check.h"

__global__ void visit(int* seen) {
    int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    int index = block * (blockDim.x * blockDim.y * blockDim.z) + thread;
    atomicAdd(&seen[index], 1 + 10 * threadIdx.y + 100 * threadIdx.z + 1000 * blockIdx.y + 10000 * blockIdx.z);
}

void check(const char* name, dim3 grid, dim3 block) {
    int threads = block.x * block.y * block.z, total = threads * grid.x * grid.y * grid.z;
    Device<int> seen(total);
    visit<<<grid, block>>>(seen);
    std::vector<int> want(total);
    for (int i = 0; i < total; i++) {
        int t = i % threads, b = i / threads;
        want[i] = 1 + 10 * (t / block.x % block.y) + 100 * (t / (block.x * block.y)) + 1000 * (b / grid.x % grid.y) +
                  10000 * (b / (grid.x * grid.y));
    }
    expect_all(name, seen.read(), want);
}

int main() {
    check("1D", dim3(7), dim3(33));
    check("2D", dim3(3, 5), dim3(9, 7));
    check("3D", dim3(2, 3, 4), dim3(4, 3, 5));
    check("one thread", dim3(1), dim3(1));
    return finish();
}
