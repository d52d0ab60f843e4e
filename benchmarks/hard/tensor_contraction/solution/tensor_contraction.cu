#include "tensor_contraction.h"

#include <hip/hip_runtime.h>

#define CHECK(call) \
  if ((call) != hipSuccess) return 1

// A thread an element of the result, whose indices it takes apart.
__global__ void contract_elements(Extents e, float alpha, const float* a, const float* b, float beta, const float* c,
                                  float* d, int count) {
  const int at = blockIdx.x * blockDim.x + threadIdx.x;
  if (at >= count) return;
  const int v = at % e.v, n = at / e.v % e.n, u = at / (e.v * e.n) % e.u, m = at / (e.v * e.n * e.u);
  float sum = 0.0f;
  for (int h = 0; h < e.h; ++h)
    for (int k = 0; k < e.k; ++k)
      sum += a[((m * e.h + h) * e.k + k) * e.n + n] * b[((u * e.k + k) * e.v + v) * e.h + h];
  d[at] = alpha * sum + (beta == 0.0f ? 0.0f : beta * c[at]);
}

int contract(const Extents& e, float alpha, const float* a, const float* b, float beta, const float* c, float* d) {
  const size_t sizeA = sizeof(float) * e.m * e.h * e.k * e.n, sizeB = sizeof(float) * e.u * e.k * e.v * e.h;
  const int count = e.m * e.u * e.n * e.v;
  float *da, *db, *dc, *dd;
  CHECK(hipMalloc((void**)&da, sizeA));
  CHECK(hipMalloc((void**)&db, sizeB));
  CHECK(hipMalloc((void**)&dc, sizeof(float) * count));
  CHECK(hipMalloc((void**)&dd, sizeof(float) * count));
  CHECK(hipMemcpy(da, a, sizeA, hipMemcpyHostToDevice));
  CHECK(hipMemcpy(db, b, sizeB, hipMemcpyHostToDevice));
  CHECK(hipMemcpy(dc, c, sizeof(float) * count, hipMemcpyHostToDevice));
  contract_elements<<<(count + 127) / 128, 128>>>(e, alpha, da, db, beta, dc, dd, count);
  CHECK(hipMemcpy(d, dd, sizeof(float) * count, hipMemcpyDeviceToHost));
  for (float* each : {da, db, dc, dd}) (void)hipFree(each);
  return 0;
}
