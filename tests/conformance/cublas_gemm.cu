// Point: single-precision products with and without transposition, alpha, beta and leading dimensions.
// Rule: matrices are column-major; C = alpha op(A) op(B) + beta C, element (i, j) at j * ld + i.
#include <cublas_v2.h>
#include "check.h"

int main() {
    const int m = 5, n = 4, k = 3, lda = 7, ldb = 6, ldc = 8;
    cublasHandle_t handle;
    expect("create", cublasCreate(&handle) == CUBLAS_STATUS_SUCCESS, true);
    for (int ta = 0; ta < 2; ta++)
        for (int tb = 0; tb < 2; tb++) {
            std::vector<float> a(lda * 7), b(ldb * 7), c(ldc * n), want;
            for (size_t i = 0; i < a.size(); i++) a[i] = float(int(i * 7 % 11) - 5);  // whole numbers: sums are exact
            for (size_t i = 0; i < b.size(); i++) b[i] = float(int(i * 5 % 13) - 6);
            for (size_t i = 0; i < c.size(); i++) c[i] = float(int(i % 3));
            want = c;
            for (int j = 0; j < n; j++)
                for (int i = 0; i < m; i++) {
                    float sum = 0;
                    for (int p = 0; p < k; p++)
                        sum += (ta ? a[i * lda + p] : a[p * lda + i]) * (tb ? b[p * ldb + j] : b[j * ldb + p]);
                    want[j * ldc + i] = 2 * sum - 3 * c[j * ldc + i];
                }
            Device<float> x(a), y(b), z(c);
            float alpha = 2, beta = -3;
            bool good = cublasSgemm(handle, ta ? CUBLAS_OP_T : CUBLAS_OP_N, tb ? CUBLAS_OP_T : CUBLAS_OP_N, m, n, k, &alpha, x,
                                    lda, y, ldb, &beta, z, ldc) == CUBLAS_STATUS_SUCCESS;
            expect("status", good, true);
            expect_all((std::string(ta ? "A'" : "A") + (tb ? " B'" : " B")).c_str(), z.read(), want);
        }
    cublasDestroy(handle);
    return finish();
}
