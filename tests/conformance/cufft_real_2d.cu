// Point: a real two-dimensional transform and its inverse.
// Rule: R2C keeps the first n/2 + 1 columns of the last dimension; C2R of it gives n0 * n1 times the input.
#include <cufft.h>
#include "check.h"

int main() {
    const int rows = 6, columns = 8, half = columns / 2 + 1;
    std::vector<cufftReal> values(rows * columns);
    for (int i = 0; i < rows * columns; i++) values[i] = float(i * 13 % 11) - 5;
    Device<cufftReal> in(values), back(rows * columns);
    Device<cufftComplex> spectrum(rows * half);
    cufftHandle there, home;
    cufftPlan2d(&there, rows, columns, CUFFT_R2C);
    cufftPlan2d(&home, rows, columns, CUFFT_C2R);
    expect("forward", cufftExecR2C(there, in, spectrum) == CUFFT_SUCCESS, true);
    std::vector<cufftComplex> got = spectrum.read();
    double worst = 0;
    for (int u = 0; u < rows; u++)
        for (int v = 0; v < half; v++) {
            double re = 0, im = 0;
            for (int y = 0; y < rows; y++)
                for (int x = 0; x < columns; x++) {
                    double angle = -2 * 3.14159265358979323846 * (double(u * y) / rows + double(v * x) / columns);
                    re += values[y * columns + x] * std::cos(angle);
                    im += values[y * columns + x] * std::sin(angle);
                }
            worst = std::fmax(worst, std::fmax(std::fabs(got[u * half + v].x - re), std::fabs(got[u * half + v].y - im)));
        }
    expect("as defined", worst < 1e-3, true);
    expect("inverse", cufftExecC2R(home, spectrum, back) == CUFFT_SUCCESS, true);
    std::vector<float> again = back.read();
    worst = 0;
    for (int i = 0; i < rows * columns; i++) worst = std::fmax(worst, std::fabs(again[i] - 48 * values[i]));
    expect("48 times the input", worst < 1e-2, true);
    cufftDestroy(there);
    cufftDestroy(home);
    return finish();
}
