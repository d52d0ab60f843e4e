#pragma once

// A linear recurrence: y[i] = a[i] * y[i - 1] + b[i] for i = 0 .. n - 1, with y[-1] = start. n may be any positive number.
// Returns 0 on success.
int recurrence(const float* a, const float* b, float start, float* y, int n);
