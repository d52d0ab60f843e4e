// Point: double-precision functions within a few units in the last place.
// Rule: at most 2 units for these (the tables of the programming guide).
#include "check.h"

__global__ void functions(const double* in, double* out) {
    int t = threadIdx.x;
    double x = in[t], *row = out + t * 10;
    row[0] = sin(x);
    row[1] = cos(x);
    row[2] = exp(x);
    row[3] = log(x);
    row[4] = pow(x, 1.5);
    row[5] = sqrt(x);
    row[6] = atan(x);
    row[7] = rsqrt(x);
    row[8] = tgamma(x);
    row[9] = erfc(x);
}

int main() {
    const int count = 50;
    std::vector<double> values(count);
    for (int t = 0; t < count; t++) values[t] = 0.05 + t * 0.11;
    Device<double> in(values), out(count * 10);
    functions<<<1, count>>>(in, out);
    std::vector<double> got = out.read();
    const char* names[10] = {"sin", "cos", "exp", "log", "pow", "sqrt", "atan", "rsqrt", "tgamma", "erfc"};
    for (int f = 0; f < 10; f++) {
        double worst = 0;
        for (int t = 0; t < count; t++) {
            double x = values[t];
            double wanted[10] = {std::sin(x), std::cos(x), std::exp(x), std::log(x), std::pow(x, 1.5),
                                 std::sqrt(x), std::atan(x), 1 / std::sqrt(x), std::tgamma(x), std::erfc(x)};
            double unit = std::ldexp(1.0, std::ilogb(wanted[f]) - 52);
            worst = std::fmax(worst, std::fabs(got[t * 10 + f] - wanted[f]) / unit);
        }
        expect(names[f], worst <= (f == 8 ? 12 : f == 9 ? 6 : 4), true);
    }
    return finish();
}
