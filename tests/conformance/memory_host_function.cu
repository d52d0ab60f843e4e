// Point: a host function in a stream runs after the work before it.
// Rule: cudaLaunchHostFunc calls the function once the stream has come there.
#include "check.h"

__global__ void set(int* value) { *value = 31; }

struct Note {
    int* from;
    int seen;
};

void look(void* data) {
    Note* note = static_cast<Note*>(data);
    note->seen = *note->from;
}

int main() {
    int* pinned = nullptr;
    must(cudaMallocHost(&pinned, sizeof(int)));
    *pinned = 1;
    Note note = {pinned, 0};
    cudaStream_t stream;
    must(cudaStreamCreate(&stream));
    set<<<1, 1, 0, stream>>>(pinned);
    must(cudaLaunchHostFunc(stream, look, &note));
    must(cudaStreamSynchronize(stream));
    expect("seen", note.seen, 31);
    must(cudaStreamDestroy(stream));
    must(cudaFreeHost(pinned));
    return finish();
}
