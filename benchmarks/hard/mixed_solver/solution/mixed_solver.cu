#include "mixed_solver.h"

#include <hip/hip_runtime.h>
#include <hipsolver/hipsolver.h>

#define CHECK_HIP(call) \
  if ((call) != hipSuccess) return 2
#define CHECK_SOLVER(call) \
  if ((call) != HIPSOLVER_STATUS_SUCCESS) return 3

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
  CHECK_HIP(hipMalloc((void**)&da, bytes));
  CHECK_HIP(hipMalloc((void**)&original, bytes));
  CHECK_HIP(hipMalloc((void**)&db, sizeof(double) * n));
  CHECK_HIP(hipMalloc((void**)&dx, sizeof(double) * n));
  CHECK_HIP(hipMalloc((void**)&pivots, sizeof(int) * n));
  CHECK_HIP(hipMalloc((void**)&info, sizeof(int)));
  CHECK_HIP(hipMalloc((void**)&largest, sizeof *largest));
  CHECK_HIP(hipMemcpy(da, a, bytes, hipMemcpyHostToDevice));
  CHECK_HIP(hipMemcpy(original, da, bytes, hipMemcpyDeviceToDevice));
  CHECK_HIP(hipMemcpy(db, b, sizeof(double) * n, hipMemcpyHostToDevice));
  CHECK_HIP(hipMemset(largest, 0, sizeof *largest));

  // hipSOLVER has no mixed precision with refinement: the same system in double throughout.
  hipsolverHandle_t handle;
  CHECK_SOLVER(hipsolverCreate(&handle));
  int elements = 0, more = 0;
  CHECK_SOLVER(hipsolverDgetrf_bufferSize(handle, n, n, da, n, &elements));
  CHECK_SOLVER(hipsolverDgetrs_bufferSize(handle, HIPSOLVER_OP_N, n, 1, da, n, pivots, dx, n, &more));
  elements = elements > more ? elements : more;
  double* work = nullptr;
  CHECK_HIP(hipMalloc((void**)&work, sizeof(double) * (elements + 1)));
  int singular = 0;
  CHECK_HIP(hipMemcpy(dx, db, sizeof(double) * n, hipMemcpyDeviceToDevice));
  CHECK_SOLVER(hipsolverDgetrf(handle, n, n, da, n, work, elements, pivots, info));
  CHECK_HIP(hipMemcpy(&singular, info, sizeof singular, hipMemcpyDeviceToHost));
  if (!singular)
    CHECK_SOLVER(hipsolverDgetrs(handle, HIPSOLVER_OP_N, n, 1, da, n, pivots, dx, n, work, elements, info));
  if (!singular) {
    remainder_of<<<(n + 63) / 64, 64>>>(original, db, dx, n, largest);
    CHECK_HIP(hipMemcpy(x, dx, sizeof(double) * n, hipMemcpyDeviceToHost));
    CHECK_HIP(hipMemcpy(residual, largest, sizeof *residual, hipMemcpyDeviceToHost));
  }
  (void)hipFree(work);
  (void)hipsolverDestroy(handle);
  (void)hipFree(largest);
  (void)hipFree(info);
  (void)hipFree(pivots);
  (void)hipFree(dx);
  (void)hipFree(db);
  (void)hipFree(original);
  (void)hipFree(da);
  return singular ? 1 : 0;
}
