// Point: the host interface: uniform and normal numbers of a seeded generator.
// Rule: uniform lies in (0, 1]; the same seed gives the same numbers; the moments are those of the distribution.
#include <curand.h>
#include "check.h"

int main() {
    const int count = 20000;
    Device<float> first(count), second(count), normal(count);
    for (Device<float>* row : {&first, &second}) {
        curandGenerator_t generator;
        expect("create", curandCreateGenerator(&generator, CURAND_RNG_PSEUDO_PHILOX4_32_10) == CURAND_STATUS_SUCCESS, true);
        curandSetPseudoRandomGeneratorSeed(generator, 1234ull);
        expect("uniform", curandGenerateUniform(generator, *row, count) == CURAND_STATUS_SUCCESS, true);
        if (row == &second) curandGenerateNormal(generator, normal, count, 5.0f, 2.0f);
        curandDestroyGenerator(generator);
    }
    std::vector<float> a = first.read(), b = second.read(), c = normal.read();
    double sum = 0, squares = 0, normal_sum = 0, normal_squares = 0;
    bool in_range = true;
    for (int i = 0; i < count; i++) {
        in_range = in_range && a[i] > 0 && a[i] <= 1;
        sum += a[i];
        squares += double(a[i]) * a[i];
        normal_sum += c[i];
        normal_squares += (double(c[i]) - 5) * (double(c[i]) - 5);
    }
    expect("in (0, 1]", in_range, true);
    expect("repeatable", a == b, true);
    // Six standard errors of 20000 draws: 0.0123 for the mean, 0.0127 for the mean square, 0.085 and 0.24.
    expect_near("mean", sum / count, 0.5, 0.0123);
    expect_near("mean square", squares / count, 1.0 / 3, 0.0127);
    expect_near("normal mean", normal_sum / count, 5.0, 0.085);
    expect_near("normal variance", normal_squares / count, 4.0, 0.24);
    return finish();
}
