#pragma once
__device__ int twice_plus(int x, int y);
__device__ int sum_below(int n);
void other_kernel(int* values, int count);
