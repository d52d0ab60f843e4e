#pragma once

// y[i] = tanh(a * x[i] + y[i]) for n elements. Returns 0 on success.
int blend(float a, const float* x, float* y, int n);
