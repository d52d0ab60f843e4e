// Point: a struct of device pointers passed by value, and an array of pointers in device memory.
// Rule: kernel arguments are copied at the launch; pointers inside them stay valid.
#include "check.h"

struct Field {
    const float* x;
    float* y;
    int count;
};

__global__ void axpy(Field field, float a) {
    int i = threadIdx.x;
    if (i < field.count) field.y[i] += a * field.x[i];
    field.count = 0;  // the kernel's own copy
}

__global__ void sum_rows(float* const* rows, int count, float* out) {
    float sum = 0;
    for (int i = 0; i < count; i++) sum += rows[threadIdx.x][i];
    out[threadIdx.x] = sum;
}

int main() {
    std::vector<float> values(20);
    for (int i = 0; i < 20; i++) values[i] = float(i);
    Device<float> x(values), y(std::vector<float>(20, 1.0f)), out(2);
    Field field = {x, y, 20};
    axpy<<<1, 32>>>(field, 2.0f);
    axpy<<<1, 32>>>(field, 1.0f);
    std::vector<float> want(20);
    for (int i = 0; i < 20; i++) want[i] = 1.0f + 3.0f * i;
    expect_all("twice", y.read(), want);
    Device<float*> rows(std::vector<float*>{x.data, y.data});
    sum_rows<<<1, 2>>>(rows, 20, out);
    expect_all("rows", out.read(), {190.0f, 20.0f + 3 * 190.0f});
    return finish();
}
