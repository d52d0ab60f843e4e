// Runs every library on a small problem.
#include "checks.h"

int main(int argc, char** argv) {
  const int n = argc > 1 ? std::atoi(argv[1]) : 64;
  if (n < 8 || n > 4096) {
    std::fprintf(stderr, "usage: %s [size from 8 to 4096]\n", argv[0]);
    return 2;
  }
  int wrong = 0;
  for (auto check : {check_gemm, check_gemm_mixed, check_fft, check_random, check_scan, check_sort}) wrong += !check(n);
  MUST(cudaDeviceReset());
  return wrong != 0;
}
