// Point: a complex transform there and back, and its definition.
// Rule: forward is the sum of x[n] exp(-2 pi i k n / N), unscaled; inverse after forward gives N times the input.
#include <cufft.h>
#include "check.h"

int main() {
    const int n = 12, batch = 2;
    std::vector<cufftComplex> values(n * batch);
    for (int i = 0; i < n * batch; i++) {
        values[i].x = float(i * i % 7) - 3;
        values[i].y = float(i % 5) * 0.5f;
    }
    Device<cufftComplex> in(values), out(n * batch);
    cufftHandle plan;
    expect("plan", cufftPlan1d(&plan, n, CUFFT_C2C, batch) == CUFFT_SUCCESS, true);
    expect("forward", cufftExecC2C(plan, in, out, CUFFT_FORWARD) == CUFFT_SUCCESS, true);
    std::vector<cufftComplex> got = out.read();
    double worst = 0;
    for (int b = 0; b < batch; b++)
        for (int k = 0; k < n; k++) {
            double re = 0, im = 0;
            for (int i = 0; i < n; i++) {
                double angle = -2 * 3.14159265358979323846 * k * i / n;
                re += values[b * n + i].x * std::cos(angle) - values[b * n + i].y * std::sin(angle);
                im += values[b * n + i].x * std::sin(angle) + values[b * n + i].y * std::cos(angle);
            }
            worst = std::fmax(worst, std::fmax(std::fabs(got[b * n + k].x - re), std::fabs(got[b * n + k].y - im)));
        }
    expect("as defined", worst < 1e-4, true);
    cufftExecC2C(plan, out, in, CUFFT_INVERSE);
    got = in.read();
    worst = 0;
    for (int i = 0; i < n * batch; i++)
        worst = std::fmax(worst, std::fmax(std::fabs(got[i].x - n * values[i].x), std::fabs(got[i].y - n * values[i].y)));
    expect("N times the input", worst < 1e-3, true);
    cufftDestroy(plan);
    return finish();
}
