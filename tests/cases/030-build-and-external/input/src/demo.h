#ifndef DEMO_H
#define DEMO_H
#include <cublas_v2.h>
void multiply(cublasHandle_t handle, int n, const float* a, const float* b, float* c);
#endif
