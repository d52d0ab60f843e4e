// Point: the device interface: sequences and offsets of Philox states.
// Rule: skipahead by n gives the state after n draws; other sequence numbers give other streams; uniform is in (0, 1].
#include <curand_kernel.h>
#include "check.h"

__global__ void draw(unsigned* raw, unsigned* ahead, float* uniform) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    curandStatePhilox4_32_10_t state, later;
    curand_init(99ull, t, 0, &state);
    curand_init(99ull, t, 3, &later);
    for (int i = 0; i < 4; i++) raw[t * 4 + i] = curand(&state);
    ahead[t] = curand(&later);
    uniform[t] = curand_uniform(&state);
}

int main() {
    const int count = 512;
    Device<unsigned> raw(count * 4), ahead(count);
    Device<float> uniform(count);
    draw<<<4, 128>>>(raw, ahead, uniform);
    std::vector<unsigned> a = raw.read(), b = ahead.read();
    std::vector<float> u = uniform.read();
    bool skipped = true, in_range = true;
    int equal = 0;
    double mean = 0;
    for (int t = 0; t < count; t++) {
        skipped = skipped && a[t * 4 + 3] == b[t];
        in_range = in_range && u[t] > 0 && u[t] <= 1;
        equal += t > 0 && a[t * 4] == a[0];
        mean += u[t] / count;
    }
    expect("offset 3 is the fourth draw", skipped, true);
    expect("in (0, 1]", in_range, true);
    expect("streams differ", equal, 0);
    expect_near("mean", mean, 0.5, 6 * 0.2887 / 22.6);  // six standard errors
    return finish();
}
