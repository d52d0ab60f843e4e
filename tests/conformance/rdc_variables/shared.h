#pragma once
extern __device__ int total;
extern __constant__ int factors[4];
void set_factors();
int read_total();
