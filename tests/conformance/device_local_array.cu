// Point: a local array with computed indices belongs to each thread alone.
// Rule: automatic variables are private to the thread.
#include "check.h"

__global__ void sort(const int* in, int* out) {
    int row[8], t = threadIdx.x;
    for (int i = 0; i < 8; i++) row[i] = in[t * 8 + i];
    for (int i = 1; i < 8; i++) {
        int value = row[i], k = i;
        while (k > 0 && row[k - 1] > value) {
            row[k] = row[k - 1];
            k--;
        }
        row[k] = value;
    }
    for (int i = 0; i < 8; i++) out[t * 8 + i] = row[i];
}

int main() {
    std::vector<int> values(100 * 8), want;
    for (int i = 0; i < 800; i++) values[i] = i * 7919 % 1009;
    want = values;
    for (int t = 0; t < 100; t++)
        for (int i = 0; i < 8; i++)
            for (int k = 0; k < 7; k++)
                if (want[t * 8 + k] > want[t * 8 + k + 1]) std::swap(want[t * 8 + k], want[t * 8 + k + 1]);
    Device<int> in(values), out(800);
    sort<<<1, 100>>>(in, out);
    expect_all("sorted", out.read(), want);
    return finish();
}
