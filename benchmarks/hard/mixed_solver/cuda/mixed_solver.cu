#include "mixed_solver.h"

#include <cuda_runtime.h>
#include <cusolverDn.h>

#define CHECK_CUDA(call) \
  if ((call) != cudaSuccess) return 2
#define CHECK_SOLVER(call) \
  if ((call) != CUSOLVER_STATUS_SUCCESS) return 3

__global__ void remainder_of(const double* a, const double* b, const double* x, int n, unsigned long long* largest) {
  const int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= n) return;
  double left = b[row];
  for (int column = 0; column < n; ++column) left -= a[column * n + row] * x[column];
  // The bits of numbers that are not negative are in the order of the numbers.
  atomicMax(largest, static_cast<unsigned long long>(__double_as_longlong(fabs(left))));
}

int solve(const double* a, const double* b, double* x, int n, double* residual) {
  double *da, *original, *db, *dx;
  int *pivots, *info;
  unsigned long long* largest;
  const size_t bytes = sizeof(double) * n * n;
  CHECK_CUDA(cudaMalloc((void**)&da, bytes));
  CHECK_CUDA(cudaMalloc((void**)&original, bytes));
  CHECK_CUDA(cudaMalloc((void**)&db, sizeof(double) * n));
  CHECK_CUDA(cudaMalloc((void**)&dx, sizeof(double) * n));
  CHECK_CUDA(cudaMalloc((void**)&pivots, sizeof(int) * n));
  CHECK_CUDA(cudaMalloc((void**)&info, sizeof(int)));
  CHECK_CUDA(cudaMalloc((void**)&largest, sizeof *largest));
  CHECK_CUDA(cudaMemcpy(da, a, bytes, cudaMemcpyHostToDevice));
  CHECK_CUDA(cudaMemcpy(original, da, bytes, cudaMemcpyDeviceToDevice));
  CHECK_CUDA(cudaMemcpy(db, b, sizeof(double) * n, cudaMemcpyHostToDevice));
  CHECK_CUDA(cudaMemset(largest, 0, sizeof *largest));

  cusolverDnHandle_t handle;
  CHECK_SOLVER(cusolverDnCreate(&handle));
  size_t workBytes = 0;
  CHECK_SOLVER(cusolverDnDSgesv_bufferSize(handle, n, 1, da, n, pivots, db, n, dx, n, nullptr, &workBytes));
  void* work = nullptr;
  CHECK_CUDA(cudaMalloc(&work, workBytes));
  int refinements = 0, singular = 0;
  // A negative count says that the refinement gave up, and that double precision solved the system throughout.
  CHECK_SOLVER(cusolverDnDSgesv(handle, n, 1, da, n, pivots, db, n, dx, n, work, workBytes, &refinements, info));
  CHECK_CUDA(cudaMemcpy(&singular, info, sizeof singular, cudaMemcpyDeviceToHost));
  if (!singular) {
    remainder_of<<<(n + 63) / 64, 64>>>(original, db, dx, n, largest);
    CHECK_CUDA(cudaMemcpy(x, dx, sizeof(double) * n, cudaMemcpyDeviceToHost));
    CHECK_CUDA(cudaMemcpy(residual, largest, sizeof *residual, cudaMemcpyDeviceToHost));
  }
  cudaFree(work);
  cusolverDnDestroy(handle);
  cudaFree(largest);
  cudaFree(info);
  cudaFree(pivots);
  cudaFree(dx);
  cudaFree(db);
  cudaFree(original);
  cudaFree(da);
  return singular ? 1 : 0;
}
