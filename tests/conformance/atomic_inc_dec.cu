// Point: atomicInc and atomicDec wrap at their bound.
// Rule: inc stores 0 where old >= bound, else old + 1; dec stores bound where old is 0 or above bound, else old - 1.
#include "check.h"

__global__ void count(unsigned* words) {
    atomicInc(&words[0], 9u);     // cycles through 0..9
    atomicInc(&words[1], 5u);     // starts above the bound: goes to 0 first
    atomicDec(&words[2], 6u);     // cycles through 6..0
    atomicDec(&words[3], 6u);     // starts above the bound: goes to 6 first
}

unsigned inc(unsigned old, unsigned bound) { return old >= bound ? 0 : old + 1; }
unsigned dec(unsigned old, unsigned bound) { return old == 0 || old > bound ? bound : old - 1; }

int main() {
    std::vector<unsigned> words = {0, 100, 0, 100};
    Device<unsigned> device(words);
    count<<<2, 50>>>(device);
    for (int i = 0; i < 100; i++) {
        words[0] = inc(words[0], 9);
        words[1] = inc(words[1], 5);
        words[2] = dec(words[2], 6);
        words[3] = dec(words[3], 6);
    }
    expect_all("words", device.read(), words);
    return finish();
}
