// Point: streams with priorities and flags, and callbacks in them.
// Rule: work of one stream runs in order, its callbacks included; the greatest priority is the lowest number.
#include "check.h"

__global__ void add(int* value, int amount) { *value += amount; }

static void note(cudaStream_t, cudaError_t status, void* data) {
    std::vector<int>& notes = *static_cast<std::vector<int>*>(data);
    notes.push_back(status == cudaSuccess ? int(notes.size()) : -1);
}

int main() {
    int least = -1, greatest = 1, priority = 99;
    unsigned flags = 99;
    must(cudaDeviceGetStreamPriorityRange(&least, &greatest));
    expect("range", greatest <= least, true);
    cudaStream_t stream;
    must(cudaStreamCreateWithPriority(&stream, cudaStreamNonBlocking, greatest));
    must(cudaStreamGetPriority(stream, &priority));
    must(cudaStreamGetFlags(stream, &flags));
    expect("priority", priority == greatest, true);
    expect("flags", flags, unsigned(cudaStreamNonBlocking));
    Device<int> value(1);
    std::vector<int> notes;
    add<<<1, 1, 0, stream>>>(value, 5);
    must(cudaStreamAddCallback(stream, note, &notes, 0));
    add<<<1, 1, 0, stream>>>(value, 6);
    must(cudaStreamAddCallback(stream, note, &notes, 0));
    must(cudaStreamSynchronize(stream));
    expect_all("callbacks", notes, {0, 1});
    expect("value", value.read()[0], 11);
    must(cudaStreamDestroy(stream));
    return finish();
}
