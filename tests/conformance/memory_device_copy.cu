// Point: copies from device to device, of parts and with cudaMemcpyDefault.
// Rule: count is in bytes; the default kind tells the direction from the addresses.
#include "check.h"

int main() {
    std::vector<int> values(64), back(64), want(64);
    for (int i = 0; i < 64; i++) values[i] = i + 1;
    Device<int> a(values), b(64);
    must(cudaMemcpy(b.data + 8, a.data + 16, 24 * sizeof(int), cudaMemcpyDeviceToDevice));
    for (int i = 0; i < 24; i++) want[8 + i] = values[16 + i];
    expect_all("part", b.read(), want);
    must(cudaMemcpy(b.data, a.data, 4 * sizeof(int), cudaMemcpyDefault));
    must(cudaMemcpy(back.data(), b.data, 64 * sizeof(int), cudaMemcpyDefault));
    for (int i = 0; i < 4; i++) want[i] = values[i];
    expect_all("default", back, want);
    return finish();
}
