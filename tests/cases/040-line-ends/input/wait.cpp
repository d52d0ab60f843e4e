#include <cuda_runtime.h>

void wait() {
	cudaDeviceSynchronize();	// Grüße
}