// The loops of kernels.cu as one thread of plain C++ would write them.
#include "plain.h"

#include <cmath>

void plain_saxpy(int n, float a, const float* x, float* y) {
    for (int i = 0; i < n; i++) y[i] = a * x[i] + y[i];
}

void plain_matmul(int n, const float* a, const float* b, float* c) {
    for (int row = 0; row < n; row++)
        for (int column = 0; column < n; column++) {
            float sum = 0;
            for (int k = 0; k < n; k++) sum += a[row * n + k] * b[k * n + column];
            c[row * n + column] = sum;
        }
}

void plain_bodies(int n, const float* place, float* force) {
    for (int i = 0; i < n; i++) {
        float x = 0, y = 0, z = 0;
        for (int j = 0; j < n; j++) {
            const float dx = place[4 * j] - place[4 * i], dy = place[4 * j + 1] - place[4 * i + 1];
            const float dz = place[4 * j + 2] - place[4 * i + 2];
            const float d = dx * dx + dy * dy + dz * dz + 1e-3f;
            const float w = place[4 * j + 3] / (d * std::sqrt(d));
            x += dx * w, y += dy * w, z += dz * w;
        }
        force[3 * i] = x, force[3 * i + 1] = y, force[3 * i + 2] = z;
    }
}

float plain_sum(int n, const float* x) {
    float sum = 0;
    for (int i = 0; i < n; i++) sum += x[i];
    return sum;
}

void plain_stencil(int n, const float* in, float* out) {
    for (int y = 1; y < n - 1; y++)
        for (int x = 1; x < n - 1; x++) {
            const int i = y * n + x;
            out[i] = 0.5f * in[i] + 0.125f * (in[i - 1] + in[i + 1] + in[i - n] + in[i + n]);
        }
}

void plain_histogram(int n, const unsigned char* data, unsigned* bins) {
    for (int i = 0; i < n; i++) bins[data[i]]++;
}
