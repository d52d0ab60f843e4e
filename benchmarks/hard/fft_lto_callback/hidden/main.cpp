#include <cmath>
#include <cstdio>
#include <vector>

#include "fft_lto_callback.h"

static bool check(int n, int batch) {
  const double turn = 2 * std::acos(-1.0);
  std::vector<int16_t> samples(n * batch);
  for (int i = 0; i < n * batch; ++i)
    samples[i] = static_cast<int16_t>(9000 * std::sin(turn * (i % n) * (3 + i / n) / n) + (i * 7919 % 2001 - 1000));
  std::vector<float> power((n / 2 + 1) * batch, NAN);
  if (const int code = spectrum(samples.data(), n, batch, power.data())) {
    std::printf("failed with %d\n", code);
    return false;
  }
  for (int b = 0; b < batch; ++b)
    for (int f = 0; f <= n / 2; ++f) {
      double re = 0, im = 0;
      for (int i = 0; i < n; ++i) {
        const double value = samples[b * n + i] / 32768.0 * (0.5 - 0.5 * std::cos(turn * i / n));
        re += value * std::cos(turn * f * i / n);
        im -= value * std::sin(turn * f * i / n);
      }
      const double wanted = re * re + im * im;
      const float got = power[b * (n / 2 + 1) + f];
      if (!(std::fabs(got - wanted) <= 1e-3 * wanted + 1e-4)) {
        std::printf("recording %d, bin %d is %g, not %g\n", b, f, got, wanted);
        return false;
      }
    }
  return true;
}

int main() {
  if (!check(64, 3) || !check(100, 1)) return 1;
  std::printf("PASS\n");
  return 0;
}
