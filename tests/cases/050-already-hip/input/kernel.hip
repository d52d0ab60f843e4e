#include <hip/hip_runtime.h>

__global__ void k(unsigned long long* out) { *out = __ballot(threadIdx.x < 40); }

int main() {
  unsigned long long* out;
  if (hipMalloc(&out, sizeof(*out)) != hipSuccess) return 1;
  k<<<1, 64>>>(out);
  return hipDeviceSynchronize() != hipSuccess;
}
