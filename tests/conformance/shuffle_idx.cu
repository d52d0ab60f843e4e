// Point: __shfl_sync broadcasts from a lane of the caller's own warp of 32 or group of `width`.
// Rule: the source is srcLane modulo width, counted from the group's first lane.
#include "check.h"

template <int WIDTH>
__global__ void broadcast(int* out, int source) {
    out[threadIdx.x] = __shfl_sync(0xffffffffu, int(threadIdx.x) + 100, source, WIDTH);
}

template <int WIDTH>
void check(const char* name) {
    for (int source : {0, 1, WIDTH - 1, WIDTH, 33}) {
        Device<int> out(64);
        broadcast<WIDTH><<<1, 64>>>(out.data, source);
        std::vector<int> want(64);
        for (int t = 0; t < 64; t++) want[t] = t / WIDTH * WIDTH + source % WIDTH + 100;
        expect_all((std::string(name) + " from " + std::to_string(source)).c_str(), out.read(), want);
    }
}

int main() {
    check<32>("width 32");
    check<16>("width 16");
    check<8>("width 8");
    check<4>("width 4");
    return finish();
}
