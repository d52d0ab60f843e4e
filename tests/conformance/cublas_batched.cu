// Point: strided-batched and double-precision products.
// Rule: matrix b of the batch starts b * stride elements behind the first.
#include <cublas_v2.h>
#include "check.h"

int main() {
    const int n = 3, batch = 4;
    cublasHandle_t handle;
    cublasCreate(&handle);
    std::vector<double> a(n * n * batch), b(n * n * batch), want(n * n * batch);
    for (size_t i = 0; i < a.size(); i++) {
        a[i] = double(int(i * 3 % 7) - 3);
        b[i] = double(int(i * 5 % 9) - 4);
    }
    for (int s = 0; s < batch; s++)
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                for (int p = 0; p < n; p++) want[s * 9 + j * n + i] += a[s * 9 + p * n + i] * b[s * 9 + j * n + p];
    Device<double> x(a), y(b), z(a.size());
    double one = 1, zero = 0;
    bool good = cublasDgemmStridedBatched(handle, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, &one, x, n, 9, y, n, 9, &zero, z, n, 9,
                                          batch) == CUBLAS_STATUS_SUCCESS;
    expect("status", good, true);
    expect_all("products", z.read(), want);
    cublasDestroy(handle);
    return finish();
}
