#pragma once

// One layer of a gated recurrent unit over `steps` steps of `batch` sequences, starting from a state of zeros:
//   r = sigmoid(Wr x + Rr h + bWr + bRr)      i = sigmoid(Wi x + Ri h + bWi + bRi)
//   n = tanh(Wn x + bWn + r * (Rn h + bRn))   h' = (1 - i) * n + i * h
// Weights are row-major: w is 3 matrices (r, i, n) of hidden x input, u is 3 of hidden x hidden, bw and bu are 3 vectors
// of `hidden` each. x is steps x batch x input; y, steps x batch x hidden, receives each h'. Returns 0 on success.
int gru(const float* w, const float* u, const float* bw, const float* bu, const float* x, float* y, int steps, int batch,
        int input, int hidden);
