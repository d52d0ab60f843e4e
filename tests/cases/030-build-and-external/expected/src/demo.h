#ifndef DEMO_H
#define DEMO_H
#include <hipblas/hipblas.h>
void multiply(hipblasHandle_t handle, int n, const float* a, const float* b, float* c);
#endif
