// Point: device printf: formats, and order within a thread.
// Rule: output appears at the latest at the next synchronisation; one thread's lines keep their order.
// Prints: hello from 3
// Prints: fixed string
// Prints: int 42    42|42   |00042
// Prints: hex 2a 0X2A octal 52 unsigned 4000000000
// Prints: long -1234567890123 18446744073709551615
// Prints: real -1.500000 -1.500 -1.500000e+00 -1.5      -1.50|
// Prints: text device char z percent %
// Prints: float 2.50 short -7
// Prints: no arguments
#include "check.h"

__global__ void print(int number, double real, const char* word) {
    printf("int %d %5d|%-5d|%05d\n", number, number, number, number);
    printf("hex %x %#X octal %o unsigned %u\n", number, number, number, 4000000000u);
    printf("long %lld %llu\n", -1234567890123LL, 18446744073709551615ull);
    printf("real %f %.3f %e %g %10.2f|\n", real, real, real, real, real);
    printf("text %s char %c percent %%\n", word, 'z');
    printf("float %.2f short %d\n", 2.5f, short(-7));
    printf("no arguments\n");
}

__device__ const char greeting[] = "hello";

__global__ void print_word() {
    if (threadIdx.x == 3) printf("%s from %d\n", greeting, int(threadIdx.x));
}

__global__ void call() { printf("fixed %s\n", "string"); }

int main() {
    // A string for %s has to lie where device code can read it.
    print_word<<<1, 8>>>();
    kernels_done();
    call<<<1, 1>>>();
    kernels_done();
    std::fflush(stdout);
    char* word = nullptr;
    must(cudaMallocManaged(&word, 8));
    std::strcpy(word, "device");
    print<<<1, 1>>>(42, -1.5, word);
    kernels_done();
    std::fflush(stdout);
    must(cudaFree(word));
    return finish();
}
