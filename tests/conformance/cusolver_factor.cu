// Point: LU with pivoting and Cholesky, each with a solve behind it, on matrices with padding below their columns.
// Rule: matrices are column-major; pivots count from one; only the named triangle of a positive matrix is read.
#include <cusolverDn.h>
#include "check.h"

static void good(const char* what, cusolverStatus_t status) { expect(what, status == CUSOLVER_STATUS_SUCCESS, true); }

int main() {
    const int n = 4, lda = 6, columns = 2, ldb = 5;
    cusolverDnHandle_t handle;
    good("create", cusolverDnCreate(&handle));
    std::vector<double> a(lda * n, 9), x(ldb * columns, 9), b(ldb * columns, 9);
    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++) a[i + j * lda] = double((i * 7 + j * 3) % 5) + (i == j ? 0 : 2);
    for (int j = 0; j < columns; j++)
        for (int i = 0; i < n; i++) x[i + j * ldb] = double(i - 2 * j);
    for (int j = 0; j < columns; j++)
        for (int i = 0; i < n; i++) {
            b[i + j * ldb] = 0;
            for (int p = 0; p < n; p++) b[i + j * ldb] += a[i + p * lda] * x[p + j * ldb];
        }
    Device<double> pa(a), pb(b);
    Device<int> pivots(n), info(1);
    int room = 0;
    good("size", cusolverDnDgetrf_bufferSize(handle, n, n, pa, lda, &room));
    Device<double> space(room);
    good("getrf", cusolverDnDgetrf(handle, n, n, pa, lda, space, pivots, info));
    expect("regular", info.read()[0], 0);
    good("getrs", cusolverDnDgetrs(handle, CUBLAS_OP_N, n, columns, pa, lda, pivots, pb, ldb, info));
    std::vector<double> got = pb.read();
    double worst = 0;
    for (size_t i = 0; i < x.size(); i++) worst = std::fmax(worst, std::fabs(got[i] - x[i]));
    expect_near("solution", worst, 0.0, 1e-12);

    // A = L L' with small whole numbers, so that the factor is exact.
    std::vector<double> l{2, 1, -1, 3, 0, 3, 2, 1, 0, 0, 1, -2, 0, 0, 0, 2}, s(lda * n, 9);
    for (int j = 0; j < n; j++)
        for (int i = j; i < n; i++) {
            s[i + j * lda] = 0;
            for (int p = 0; p < n; p++) s[i + j * lda] += l[i + p * n] * l[j + p * n];
        }
    Device<double> ps(s);
    good("size", cusolverDnDpotrf_bufferSize(handle, CUBLAS_FILL_MODE_LOWER, n, ps, lda, &room));
    Device<double> more(room);
    good("potrf", cusolverDnDpotrf(handle, CUBLAS_FILL_MODE_LOWER, n, ps, lda, more, room, info));
    expect("positive", info.read()[0], 0);
    std::vector<double> factor = ps.read();
    worst = 0;
    bool kept = true;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < lda; i++) {
            if (i < j || i >= n) kept = kept && factor[i + j * lda] == 9;
            else worst = std::fmax(worst, std::fabs(factor[i + j * lda] - l[i + j * n]));
        }
    expect_near("factor", worst, 0.0, 1e-12);
    expect("the rest is left alone", kept, true);
    for (int j = 0; j < columns; j++)
        for (int i = 0; i < n; i++) {
            b[i + j * ldb] = 0;
            for (int p = 0; p < n; p++)
                for (int q = 0; q < n; q++) b[i + j * ldb] += l[i + p * n] * l[q + p * n] * x[q + j * ldb];
        }
    Device<double> pr(b);
    good("potrs", cusolverDnDpotrs(handle, CUBLAS_FILL_MODE_LOWER, n, columns, ps, lda, pr, ldb, info));
    got = pr.read();
    worst = 0;
    for (size_t i = 0; i < x.size(); i++) worst = std::fmax(worst, std::fabs(got[i] - x[i]));
    expect_near("solution of the positive one", worst, 0.0, 1e-11);
    s[1 + lda] = -5;
    Device<double> pn(s);
    good("indefinite", cusolverDnDpotrf(handle, CUBLAS_FILL_MODE_LOWER, n, pn, lda, more, room, info));
    expect("at the second minor", info.read()[0], 2);
    good("destroy", cusolverDnDestroy(handle));
    return finish();
}
