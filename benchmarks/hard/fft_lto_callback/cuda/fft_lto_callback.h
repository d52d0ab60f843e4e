#pragma once

#include <cstdint>

// The power spectrum of `batch` recordings of n samples each (n even): every sample s of place i becomes
// s / 32768 * (0.5 - 0.5 * cos(2 pi i / n)), and power, batch x (n / 2 + 1), receives the squared size of each bin of the
// discrete Fourier transform of that. Returns 0 on success.
int spectrum(const int16_t* samples, int n, int batch, float* power);
