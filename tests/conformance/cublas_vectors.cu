// Point: axpy, dot, nrm2, scal, iamax and gemv, with strides, and results on the device.
// Rule: increments count elements; iamax counts from 1; in device pointer mode scalars are read and written there.
#include <cublas_v2.h>
#include "check.h"

int main() {
    cublasHandle_t handle;
    cublasCreate(&handle);
    std::vector<float> a(20), b(20), want;
    for (int i = 0; i < 20; i++) {
        a[i] = float(i - 7);
        b[i] = float(i % 4);
    }
    Device<float> x(a), y(b), result(1);
    float alpha = 3, dot = 0, norm = 0;
    cublasSaxpy(handle, 10, &alpha, x, 2, y, 2);
    want = b;
    for (int i = 0; i < 20; i += 2) want[i] += 3 * a[i];
    expect_all("axpy", y.read(), want);
    cublasSdot(handle, 20, x, 1, y, 1, &dot);
    float want_dot = 0;
    for (int i = 0; i < 20; i++) want_dot += a[i] * want[i];
    expect("dot", dot, want_dot);
    Device<float> pair(std::vector<float>{3, -4});
    cublasSnrm2(handle, 2, pair, 1, &norm);
    expect("nrm2", norm, 5.0f);
    int index = 0;
    cublasIsamax(handle, 2, pair, 1, &index);
    expect("iamax", index, 2);
    cublasSetPointerMode(handle, CUBLAS_POINTER_MODE_DEVICE);
    cublasSasum(handle, 2, pair, 1, result);
    expect("asum on the device", result.read()[0], 7.0f);
    cublasSetPointerMode(handle, CUBLAS_POINTER_MODE_HOST);
    float one = 1, zero = 0;
    Device<float> matrix(std::vector<float>{1, 2, 3, 4, 5, 6}), out(3);
    cublasSgemv(handle, CUBLAS_OP_N, 3, 2, &one, matrix, 3, pair, 1, &zero, out, 1);
    expect_all("gemv", out.read(), {3.0f - 16, 6.0f - 20, 9.0f - 24});
    cublasDestroy(handle);
    return finish();
}
