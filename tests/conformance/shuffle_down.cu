// Point: __shfl_down_sync reads the lane `delta` above, for widths 32, 16, 8 and 4.
// Rule: within each group of `width` lanes the source is lane + delta; lanes that would leave the group upwards keep
// their own value, also where the next group's lanes exist.
#include "check.h"

template <int WIDTH>
__global__ void shift(int* out, int delta) {
    out[threadIdx.x] = __shfl_down_sync(0xffffffffu, int(threadIdx.x) * 3 + 1, delta, WIDTH);
}

template <int WIDTH>
void check(const char* name) {
    for (int delta = 0; delta < WIDTH; delta = delta * 2 + 1) {
        Device<int> out(128);
        shift<WIDTH><<<1, 128>>>(out.data, delta);
        std::vector<int> want(128);
        for (int t = 0; t < 128; t++) want[t] = (t % WIDTH + delta < WIDTH ? t + delta : t) * 3 + 1;
        expect_all((std::string(name) + " by " + std::to_string(delta)).c_str(), out.read(), want);
    }
}

int main() {
    check<32>("width 32");
    check<16>("width 16");
    check<8>("width 8");
    check<4>("width 4");
    return finish();
}
