// Point: devices, their count and peer copies.
// Rule: a device has no peer access to itself; cudaMemcpyPeer also copies within one device.
#include "check.h"

int main() {
    int devices = 0, current = -1, access = -1;
    must(cudaGetDeviceCount(&devices));
    expect("at least one", devices >= 1, true);
    must(cudaSetDevice(0));
    must(cudaGetDevice(&current));
    expect("current", current, 0);
    must(cudaDeviceCanAccessPeer(&access, 0, 0));
    expect("peer of itself", access, 0);
    Device<int> a(std::vector<int>{3, 1, 4, 1}), b(4);
    must(cudaMemcpyPeer(b, 0, a, 0, 4 * sizeof(int)));
    expect_all("copied", b.read(), {3, 1, 4, 1});
    return finish();
}
