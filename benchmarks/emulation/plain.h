#pragma once

void plain_saxpy(int n, float a, const float* x, float* y);
void plain_matmul(int n, const float* a, const float* b, float* c);
void plain_bodies(int n, const float* place, float* force);
float plain_sum(int n, const float* x);
void plain_stencil(int n, const float* in, float* out);
void plain_histogram(int n, const unsigned char* data, unsigned* bins);
