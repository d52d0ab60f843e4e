#include <cmath>
#include <cstdio>
#include <vector>

#include "dnn_gru.h"

static double sigmoid(double v) { return 1 / (1 + std::exp(-v)); }

static bool check(int steps, int batch, int input, int hidden) {
  int seed = hidden * 17 + input;
  const auto numbers = [&seed](int count) {
    std::vector<float> made(count);
    for (float& each : made) {
      seed = (seed * 1277 + 911) % 14406;
      each = static_cast<float>(seed % 61 - 30) / 40;
    }
    return made;
  };
  const auto w = numbers(3 * hidden * input), u = numbers(3 * hidden * hidden), bw = numbers(3 * hidden);
  const auto bu = numbers(3 * hidden), x = numbers(steps * batch * input);
  std::vector<float> y(steps * batch * hidden, NAN);
  if (const int code = gru(w.data(), u.data(), bw.data(), bu.data(), x.data(), y.data(), steps, batch, input, hidden)) {
    std::printf("failed with %d\n", code);
    return false;
  }
  std::vector<double> h(batch * hidden, 0.0), next = h;
  for (int t = 0; t < steps; ++t) {
    for (int b = 0; b < batch; ++b)
      for (int j = 0; j < hidden; ++j) {
        double of_x[3], of_h[3];
        for (int g = 0; g < 3; ++g) {
          of_x[g] = bw[g * hidden + j];
          of_h[g] = bu[g * hidden + j];
          for (int i = 0; i < input; ++i) of_x[g] += double(w[(g * hidden + j) * input + i]) * x[(t * batch + b) * input + i];
          for (int i = 0; i < hidden; ++i) of_h[g] += u[(g * hidden + j) * hidden + i] * h[b * hidden + i];
        }
        const double r = sigmoid(of_x[0] + of_h[0]), z = sigmoid(of_x[1] + of_h[1]);
        next[b * hidden + j] = (1 - z) * std::tanh(of_x[2] + r * of_h[2]) + z * h[b * hidden + j];
        const float got = y[(t * batch + b) * hidden + j];
        if (!(std::fabs(got - next[b * hidden + j]) <= 1e-4)) {
          std::printf("step %d, sequence %d, unit %d is %g, not %g\n", t, b, j, got, next[b * hidden + j]);
          return false;
        }
      }
    h = next;
  }
  return true;
}

int main() {
  if (!check(5, 3, 4, 6) || !check(12, 1, 9, 5)) return 1;
  std::printf("PASS\n");
  return 0;
}
